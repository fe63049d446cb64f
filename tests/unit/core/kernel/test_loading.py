"""One broken plugin is marked; the others do not notice."""

from collections.abc import Callable

import pytest

from core.kernel.compat import OFFERED
from core.kernel.discovery import BUNDLED, Candidate
from core.kernel.health import Health
from core.kernel.loading import load_plugins
from core.kernel.offers import collect_offers
from sdk.oci.runtime import Process, Root, Spec, User
from sdk.providers import Kind, StorageProvider

SPEC = Spec("1.2.0", Process(("true",), "/", User()), Root("rootfs"))
MakeCandidate = Callable[..., Candidate]
MakeProvider = Callable[..., StorageProvider]


def _raising() -> None:
    raise ImportError("No module named 'btrfs'")


def _states(health: Health) -> dict[str, str]:
    return {status.name: status.state for status in health.statuses()}


@pytest.fixture
def good(candidate: MakeCandidate, provider: MakeProvider) -> Candidate:
    def provide_storage_driver() -> object:
        return provider(StorageProvider, "good")

    return candidate("good", provide_storage_driver)


@pytest.mark.parametrize("error", [ImportError("nothing there"), SyntaxError("bad"), ZeroDivisionError(), SystemExit(3)])
def test_a_plugin_that_cannot_be_imported_fails_alone(good: Candidate, error: BaseException) -> None:
    def load() -> None:
        raise error

    health = Health()
    candidates = [Candidate("bad", "demo", "1", load), good]
    registry = load_plugins(candidates, health)
    assert list(collect_offers(registry, health).storage) == ["good"]
    assert _states(health) == {"bad": "failed", "good": "ok"}
    assert type(error).__name__ in health.reason("bad")


def test_a_misspelt_hook_is_refused_by_name(candidate: MakeCandidate, good: Candidate) -> None:
    def provide_storage_drivr() -> None: ...

    health = Health()
    load_plugins([candidate("bad", provide_storage_drivr), good], health)
    assert _states(health) == {"bad": "failed", "good": "ok"}
    assert "unknown hook 'provide_storage_drivr'" in health.reason("bad")


def test_a_misspelt_hook_does_not_spoil_plugins_registered_later(candidate: MakeCandidate, good: Candidate) -> None:
    def on_evnt() -> None: ...

    health = Health()
    load_plugins([candidate("a", on_evnt), candidate("b", on_evnt), good], health)
    assert _states(health) == {"a": "failed", "b": "failed", "good": "ok"}


def test_an_unknown_argument_is_refused(candidate: MakeCandidate) -> None:
    def on_event(happening: object) -> None: ...

    health = Health()
    load_plugins([candidate("bad", on_event)], health)
    assert "happening" in health.reason("bad")


def test_an_asynchronous_hook_is_refused(candidate: MakeCandidate) -> None:
    async def engine_ready(engine: object) -> None: ...

    health = Health()
    load_plugins([candidate("bad", engine_ready)], health)
    assert health.reason("bad") == "hook engine_ready is asynchronous; hooks are plain functions"


def test_a_wrong_api_version_is_refused_before_any_hook_is_called(candidate: MakeCandidate) -> None:
    def provide_storage_driver() -> object:
        raise AssertionError("called")

    health = Health()
    candidates = [candidate("old", provide_storage_driver, API_VERSION=(99, 0))]
    assert not list(collect_offers(load_plugins(candidates, health), health))
    assert "built for plugin API 99.0" in health.reason("old")


def test_a_raising_provider_hides_no_other(candidate: MakeCandidate, good: Candidate) -> None:
    def provide_storage_driver() -> object:
        raise RuntimeError("disk on fire")

    health = Health()
    candidates = [candidate("bad", provide_storage_driver), good, candidate("worse", provide_storage_driver)]
    offers = collect_offers(load_plugins(candidates, health), health)
    assert list(offers.storage) == ["good"]
    assert health.reason("bad") == "provide_storage_driver: RuntimeError: disk on fire"
    assert len(health.failures()) == 2


def test_what_is_no_provider_is_refused(candidate: MakeCandidate) -> None:
    def provide_runtime() -> object:
        return "runtime"

    health = Health()
    candidates = [candidate("bad", provide_runtime)]
    collect_offers(load_plugins(candidates, health), health)
    assert health.reason("bad") == "provide_runtime returned a str, not a Provider"


def test_two_distributions_with_one_plugin_name_are_both_refused(candidate: MakeCandidate) -> None:
    health = Health()
    load_plugins([candidate("same", distribution="core-a"), candidate("same", distribution="core-b")], health)
    assert health.reason("same") == "two distributions announce a plugin of this name: core-a and core-b"


def test_the_engines_own_plugin_keeps_its_name(candidate: MakeCandidate, provider: MakeProvider) -> None:
    def provide_storage_driver() -> object:
        return provider(StorageProvider, "good")

    health = Health()
    candidates = [candidate("same", distribution="core-a"), candidate("same", provide_storage_driver, distribution="core-engine")]
    offers = collect_offers(load_plugins(candidates, health), health)
    assert offers.storage.keys() == {"good"}
    assert [(status.distribution, status.state) for status in health.statuses()] == [("core-engine", "ok")]


def test_a_plugin_knows_its_kinds(good: Candidate) -> None:
    health = Health()
    collect_offers(load_plugins([good], health), health)
    assert health.statuses()[0].kinds == (Kind.STORAGE,)


def test_what_a_plugin_was_built_for_and_its_hooks_are_told(candidate: MakeCandidate) -> None:
    def on_event(event: object) -> None: ...

    def engine_ready(engine: object) -> None: ...

    health = Health()
    load_plugins(
        [
            candidate("theirs", on_event, engine_ready, distribution="core-theirs", API_VERSION=(1, 0)),
            candidate("silent", on_event, distribution="core-silent"),
            candidate("old", on_event, distribution="core-old", API_VERSION=(0, 9)),
            candidate("ours", distribution=BUNDLED),
        ],
        health,
    )
    told = {status.name: (status.api_version, status.hooks) for status in health.statuses()}
    assert told == {
        "theirs": ("1.0", ("engine_ready", "on_event")),
        "silent": ("", ("on_event",)),
        "old": ("0.9", ()),
        "ours": (OFFERED, ()),
    }


def test_a_disabled_plugin_is_not_imported(good: Candidate, caplog: pytest.LogCaptureFixture) -> None:
    bad = Candidate("bad", "demo", "1", _raising)
    health = Health()
    hooks = load_plugins([bad, good], health, ("bad", "gone"))
    assert _states(health) == {"bad": "disabled", "good": "ok"}
    assert health.reason("bad") == "disabled_plugins names it"
    assert health.failures() == []
    assert list(collect_offers(hooks, health).storage) == ["good"]
    assert "disabled_plugins names gone, and no plugin of this name is installed" in caplog.text


def test_a_disabled_plugin_amends_nothing_and_holds_no_container_up(candidate: MakeCandidate) -> None:
    def amend_runtime_spec() -> int:
        raise RuntimeError("boom in amend")

    hooks = load_plugins([candidate("amender", amend_runtime_spec)], Health(), ("amender",))
    assert hooks.amend_runtime_spec(SPEC, "id") is SPEC
