"""Hooks and chosen observers see what happens, in their order."""

from collections.abc import Callable, Sequence

import pytest
from msgspec.structs import replace

from core.config import StartupError
from core.kernel.discovery import Candidate
from core.kernel.health import Health
from core.kernel.loading import load_plugins
from core.kernel.observers import Observers
from sdk.engine import Engine
from sdk.errors import DriverError, InvalidArgument
from sdk.events import Event, EventType
from sdk.observer import Observer
from sdk.oci.runtime import Process, Root, Spec, User
from sdk.testing.fake import fake_engine
from sdk.tracing import Recording, Span, Step

SPEC = Spec("1.2.0", Process(("true",), "/", User()), Root("rootfs"))
EVENT = Event(EventType.CONTAINER, "start", "x", 1)


class Named(Observer):
    """Adds its name to the host name, and to a journal."""

    def __init__(self, name: str, journal: list[str]) -> None:
        self._name, self._journal = name, journal

    def engine_ready(self, engine: Engine) -> None:
        self._journal.append(f"{self._name} ready")

    def on_event(self, event: Event) -> None:
        self._journal.append(f"{self._name} {event.action}")

    def amend_runtime_spec(self, spec: Spec, container_id: str) -> Spec | None:
        return replace(spec, hostname=f"{spec.hostname}{self._name}")


class Raising(Observer):
    """Raises the same from everything."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def engine_ready(self, engine: Engine) -> None:
        raise self._error

    def on_event(self, event: Event) -> None:
        raise self._error

    def amend_runtime_spec(self, spec: Spec, container_id: str) -> Spec | None:
        raise self._error


def observers(*candidates: Candidate, **chosen: Observer) -> Observers:
    made = Observers(load_plugins(candidates, Health()))
    made.chosen = chosen
    return made


def test_hooks_come_first_and_observers_in_the_order_of_the_configuration(candidate: Callable[..., Candidate]) -> None:
    def amend_runtime_spec(spec: Spec) -> Spec:
        return replace(spec, hostname="hook-")

    journal: list[str] = []
    made = observers(candidate("z", amend_runtime_spec), second=Named("b", journal), first=Named("a", journal))
    assert made.amend_runtime_spec(SPEC, "id").hostname == "hook-ba"
    made.on_event(EVENT)
    made.engine_ready(fake_engine("busybox:latest"))
    assert journal == ["b start", "a start", "b ready", "a ready"]


def test_one_that_leaves_the_spec_leaves_what_others_made_of_it() -> None:
    made = observers(first=Named("a", []), second=Observer(), third=Named("c", []))
    assert made.amend_runtime_spec(SPEC, "id").hostname == "ac"
    assert observers(only=Observer()).amend_runtime_spec(SPEC, "id") is SPEC


@pytest.mark.parametrize("error", [RuntimeError("tired"), SystemExit(3)])
def test_one_that_raises_hides_no_event_from_the_others(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    journal: list[str] = []
    observers(bad=Raising(error), good=Named("a", journal)).on_event(EVENT)
    assert journal == ["a start"]
    assert "observer bad: on_event" in caplog.text


def test_a_container_is_not_started_without_an_amendment() -> None:
    with pytest.raises(DriverError, match="bad: amend_runtime_spec: tired"):
        observers(bad=Raising(RuntimeError("tired"))).amend_runtime_spec(SPEC, "id")
    with pytest.raises(InvalidArgument, match="not this one"):
        observers(policy=Raising(InvalidArgument("not this one"))).amend_runtime_spec(SPEC, "id")


def test_what_is_no_spec_is_refused() -> None:
    class Numbers(Observer):
        def amend_runtime_spec(self, spec: Spec, container_id: str) -> Spec | None:
            return 42

    with pytest.raises(DriverError, match="odd: amend_runtime_spec: the observer returned a int, not a Spec"):
        observers(odd=Numbers()).amend_runtime_spec(SPEC, "id")


def test_a_chosen_one_that_cannot_begin_keeps_the_daemon_from_starting() -> None:
    with pytest.raises(StartupError, match='observer driver "bad" failed in engine_ready: RuntimeError: no collector'):
        observers(bad=Raising(RuntimeError("no collector"))).engine_ready(fake_engine("busybox:latest"))


def test_traces_are_shown_to_those_that_look_at_them(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[Sequence[Span]] = []

    class Watching(Observer):
        def on_trace(self, spans: Sequence[Span]) -> None:
            seen.append(spans)

    class Failing(Observer):
        def on_trace(self, spans: Sequence[Span]) -> None:
            raise SystemExit

    watchers = observers(a=Failing(), b=Watching(), c=Observer()).trace_watchers()
    for watcher in watchers:
        watcher([])
    assert (len(watchers), seen) == (2, [[]])
    assert [record.getMessage() for record in caplog.records] == ["observer a: on_trace: SystemExit"]


def test_what_observers_do_is_a_step_of_a_trace() -> None:
    made = observers(a=Named("a", []))
    recording = Recording(1, 10)
    with Step(recording, 0, "request", {}):
        made.on_event(EVENT)
        made.amend_runtime_spec(SPEC, "id")
    assert [span.name for span in recording.spans[:2]] == ["observer.on_event", "observer.amend_runtime_spec"]
