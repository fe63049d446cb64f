"""The hooks that observe and amend, and the order that does not matter."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace
from typer import Typer

from core.kernel.discovery import Candidate
from core.kernel.health import Health
from core.kernel.hooks import PluginHooks
from core.kernel.loading import load_plugins
from sdk.errors import DriverError
from sdk.events import Event, EventType
from sdk.oci.runtime import Process, Root, Spec, User
from sdk.providers import VolumeProvider
from sdk.tracing import Recording, Step

MakeCandidate = Callable[..., Candidate]

SPEC = Spec("1.2.0", Process(("true",), "/", User()), Root("rootfs"))
EVENT = Event(EventType.CONTAINER, "start", "x", 1)


def _registry(*candidates: Candidate) -> tuple[PluginHooks, Health]:
    health = Health()
    return load_plugins(candidates, health), health


def test_amendments_build_on_each_other_by_plugin_name(candidate: MakeCandidate) -> None:
    def named(name: str) -> Candidate:
        def amend_runtime_spec(spec: Spec) -> Spec:
            return replace(spec, hostname=spec.hostname + name)

        return candidate(name, amend_runtime_spec)

    registry, _health = _registry(named("b"), named("a"), named("c"))
    assert registry.amend_runtime_spec(SPEC, "id").hostname == "abc"


def test_none_leaves_the_spec(candidate: MakeCandidate) -> None:
    def amend_runtime_spec() -> None: ...

    registry, _health = _registry(candidate("a", amend_runtime_spec))
    assert registry.amend_runtime_spec(SPEC, "id") is SPEC


def test_a_failed_amendment_is_an_error_that_names_the_plugin(candidate: MakeCandidate) -> None:
    def amend_runtime_spec(container_id: str) -> None:
        raise ValueError(container_id)

    registry, _health = _registry(candidate("guard", amend_runtime_spec))
    with pytest.raises(DriverError, match="guard: amend_runtime_spec: ValueError: 1234"):
        registry.amend_runtime_spec(SPEC, "1234")


def test_every_observer_sees_every_event_though_one_raises(candidate: MakeCandidate) -> None:
    seen: list[Event] = []

    def watcher(name: str) -> Candidate:
        def on_event(event: Event) -> None:
            seen.append(event)
            if name == "a":
                raise RuntimeError("tired")

        return candidate(name, on_event)

    registry, health = _registry(watcher("a"), watcher("b"))
    registry.on_event(EVENT)
    assert seen == [EVENT, EVENT]
    assert health.failures() == []


def test_an_observer_that_fails_at_the_start_is_marked(candidate: MakeCandidate) -> None:
    def engine_ready(engine: object) -> None:
        raise RuntimeError("not like this")

    registry, health = _registry(candidate("a", engine_ready))
    registry.engine_ready(None)
    assert health.reason("a") == "engine_ready: RuntimeError: not like this"


def test_no_hook_of_a_plugin_that_failed_is_called(candidate: MakeCandidate) -> None:
    seen: list[str] = []

    def on_event(event: Event) -> None:
        seen.append(event.action)

    def amend_runtime_spec(spec: Spec) -> Spec:
        return replace(spec, hostname="amended")

    registry, health = _registry(candidate("a", on_event, amend_runtime_spec), candidate("b", on_event))
    health.failed("a", "its driver cannot be opened")
    registry.on_event(EVENT)
    assert seen == ["start"]
    with pytest.raises(DriverError) as caught:
        registry.amend_runtime_spec(SPEC, "id")
    assert caught.value.message == "a: amend_runtime_spec: its driver cannot be opened"


def test_a_plugin_that_failed_and_amends_nothing_holds_no_container_up(candidate: MakeCandidate) -> None:
    def on_event(event: Event) -> None: ...

    def broken(spec: Spec) -> Spec:
        return spec

    broken.__name__ = "amend_runtime_specs"
    registry, health = _registry(candidate("a", on_event), candidate("b", broken))
    health.failed("a", "its driver cannot be opened")
    assert health.has_failed("b")
    assert registry.amend_runtime_spec(SPEC, "id") is SPEC


def test_commands_of_all_plugins_are_collected(candidate: MakeCandidate) -> None:
    def provide_cli_commands() -> object:
        return [("extra", extra)]

    def broken() -> object:
        return "nonsense"

    extra = Typer()

    broken.__name__ = "provide_cli_commands"
    registry, health = _registry(candidate("a", provide_cli_commands), candidate("b", broken))
    assert registry.cli_commands() == [("extra", extra)]
    assert "provide_cli_commands" in health.reason("b")


def test_a_wrapper_is_refused() -> None:
    from types import ModuleType

    from sdk.hookspecs import hookimpl

    module = ModuleType("wrapping")

    def on_event() -> object:
        yield

    module.on_event = hookimpl(wrapper=True)(on_event)
    _, health = _registry(Candidate("wrapping", "demo", "1", lambda: module))
    assert health.reason("wrapping") == "hook on_event is a wrapper; wrap the driver instead"


def test_an_amendment_that_is_no_spec_is_an_error_that_names_the_plugin(candidate: MakeCandidate) -> None:
    def amend_runtime_spec() -> int:
        return 42

    registry, _health = _registry(candidate("guard", amend_runtime_spec))
    with pytest.raises(DriverError, match="guard: amend_runtime_spec: the plugin returned a int, not a Spec"):
        registry.amend_runtime_spec(SPEC, "1234")


def test_hooks_are_steps_of_a_trace(candidate: MakeCandidate) -> None:
    def on_event(event: Event) -> None:
        raise RuntimeError("tired")

    def amend_runtime_spec(spec: Spec) -> None: ...

    registry, _ = _registry(candidate("a", on_event), candidate("b", amend_runtime_spec))
    recording = Recording(1, 10)
    with Step(recording, 0, "request", {}):
        registry.on_event(EVENT)
        registry.amend_runtime_spec(SPEC, "id")
    assert [(span.name, span.attributes, span.error) for span in recording.spans[:2]] == [
        ("hook.on_event", {"core.plugin.name": "a"}, "RuntimeError: tired"),
        ("hook.amend_runtime_spec", {"core.plugin.name": "b"}, ""),
    ]


@pytest.mark.parametrize("wrong", [[("extra", 1)], [("extra",)], [(1, Typer())], ["extra"], {"extra": Typer()}])
def test_what_is_no_pair_of_a_name_and_an_application_is_refused(candidate: MakeCandidate, wrong: object) -> None:
    def provide_cli_commands() -> object:
        return wrong

    registry, health = _registry(candidate("a", provide_cli_commands))
    assert registry.cli_commands() == []
    assert "not a sequence of (name, typer application)" in health.reason("a")


def test_a_command_whose_name_is_taken_is_left_out_and_told(candidate: MakeCandidate, caplog: pytest.LogCaptureFixture) -> None:
    def commands(*names: str) -> Callable[[], object]:
        def provide_cli_commands() -> object:
            return [(name, Typer()) for name in names]

        return provide_cli_commands

    registry, health = _registry(candidate("a", commands("ps", "hello")), candidate("b", commands("hello", "greet")))
    assert [name for name, _ in registry.cli_commands({"ps", "run"})] == ["hello", "greet"]
    assert health.failures() == []
    assert [record.getMessage().partition(" is left out")[0] for record in caplog.records] == [
        'plugin a: its command "ps"',
        'plugin b: its command "hello"',
    ]


def test_a_hook_that_was_made_elsewhere_is_found_in_the_plugins_module(candidate: MakeCandidate, provider) -> None:
    """The process of an isolated driver imports the module, and takes the hook by the name that it has there."""

    def made(name: str) -> Callable[[], object]:
        def provide_volume_driver() -> object:
            return provider(VolumeProvider, name)

        return provide_volume_driver

    registry, _health = _registry(candidate("a", made("odd")))
    assert [offer.hook for offer in registry.volume_drivers()] == [("a", "provide_volume_driver")]
