"""The contract every observer keeps.

Subclass `ObserverContract` in a test module and give it one fixture, `observer`, opened. `spec` may be overridden with a specification that the
observer amends.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial

import msgspec
import pytest

from sdk.events import Event, EventType
from sdk.observer import Observer
from sdk.oci.runtime import Mount, Process, Root, Spec, User
from sdk.testing.fake import fake_engine
from sdk.tracing import Span

_ID = "c" * 64
_AT_ONCE = 0.2
"""Seconds in which a hundred calls have returned, also on a loaded machine: they hold up the whole daemon."""
_EACH = 0.005
"""Seconds in which the quickest of them has returned by the clock: one that waits uses no processor's time."""


class ObserverContract:
    """Cases read as the specification of `sdk.observer.Observer`."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    def spec(self) -> Spec:
        """What a container is started from."""
        process = Process(("sh", "-c", "true"), "/", User(), env=("PATH=/bin",))
        return Spec("1.2.0", process, Root("rootfs"), hostname="box", mounts=(Mount("/proc", "proc", "proc", ()),))

    @pytest.mark.anyio
    async def test_it_takes_any_event(self, observer: Observer) -> None:
        for kind in EventType:
            for action in ("create", "start", "die", "exec_create: sh -c 'a: b'", "health_status: healthy", "no such action"):
                observer.on_event(Event(kind, action, "", 0))
                observer.on_event(Event(kind, action, _ID, time.time_ns(), {"name": "ein Kasten", "exitCode": "137", "": ""}))

    @pytest.mark.anyio
    async def test_it_sees_an_event_at_once(self, observer: Observer) -> None:
        events = [Event(EventType.CONTAINER, "start", f"{number:064}", time.time_ns(), {"name": "box"}) for number in range(100)]
        _assert_at_once([partial(observer.on_event, event) for event in events])

    @pytest.mark.anyio
    async def test_it_learns_that_the_engine_is_ready(self, observer: Observer) -> None:
        observer.engine_ready(fake_engine("busybox:latest"))

    @pytest.mark.anyio
    async def test_it_gives_a_specification_or_leaves_it(self, observer: Observer, spec: Spec) -> None:
        amended = observer.amend_runtime_spec(spec, _ID)
        assert amended is None or isinstance(amended, Spec)
        if amended is not None:
            assert msgspec.json.decode(msgspec.json.encode(amended), type=Spec).process.args

    @pytest.mark.anyio
    async def test_it_amends_by_what_it_is_given_alone(self, observer: Observer, spec: Spec) -> None:
        before = msgspec.json.encode(spec)
        first = observer.amend_runtime_spec(spec, _ID)
        assert msgspec.json.encode(spec) == before
        assert observer.amend_runtime_spec(spec, _ID) == first

    @pytest.mark.anyio
    async def test_it_gets_a_trace_at_once(self, observer: Observer) -> None:
        spans = [Span(1, number, 0, "step", 10, 20, {"a": "b", "c": 1}, "" if number % 2 else "E: x") for number in range(1, 50)]
        spans.append(Span(1, 50, 0, "\udcff", 10, 20, {"\udcff": "\udcff"}, "E: \udcff"))
        _assert_at_once([partial(observer.on_trace, spans)] * 100)


def _assert_at_once(calls: Sequence[Callable[[], None]]) -> None:
    began = time.thread_time()
    seconds = [_seconds(call) for call in calls]
    assert time.thread_time() - began < _AT_ONCE
    assert min(seconds) < _EACH


def _seconds(call: Callable[[], None]) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began
