"""What became of plugins: the worst counts, and of equals the first."""

import pytest

from core.kernel.discovery import Candidate
from core.kernel.health import Health, State
from sdk.providers import Kind


def candidate(name: str) -> Candidate:
    return Candidate(name, f"dist-{name}", "1.2", lambda: pytest.fail("nothing is imported"))


@pytest.fixture
def health() -> Health:
    made = Health()
    for name in ("b", "a"):
        made.found(candidate(name))
    return made


def states(health: Health) -> list[tuple[str, State, str]]:
    return [(status.name, State(status.state), status.reason) for status in health.statuses()]


def test_a_plugin_is_well_until_something_is_known(health: Health) -> None:
    assert states(health) == [("a", State.OK, ""), ("b", State.OK, "")]
    assert health.failures() == []
    assert (health.reason("a"), health.distribution("a")) == ("", "dist-a")


def test_the_worst_counts_and_of_equals_the_first(health: Health) -> None:
    health.skipped("a", "not here")
    health.skipped("a", "nor there")
    assert health.reason("a") == "not here"
    health.failed("a", "broken")
    health.failed("a", "more broken")
    health.skipped("a", "not here either")
    assert states(health) == [("a", State.FAILED, "broken"), ("b", State.OK, "")]
    assert [status.name for status in health.failures()] == ["a"]


def test_what_a_plugin_offers_is_told(health: Health) -> None:
    health.offers("a", Kind.LOG)
    health.offers("a", Kind.VOLUME)
    (first, second) = health.statuses()
    assert (first.distribution, first.version, first.kinds, second.kinds) == ("dist-a", "1.2", (Kind.LOG, Kind.VOLUME), ())


def test_a_plugin_that_is_found_again_keeps_its_mark(health: Health) -> None:
    health.failed("a", "broken")
    health.found(candidate("a"))
    assert health.reason("a") == "broken"
