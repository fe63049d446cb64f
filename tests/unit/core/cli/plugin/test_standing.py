"""`core plugin list` shows isolated plugins as the daemon has them."""

import pytest

from core.cli.plugin.standing import as_they_are
from core.kernel.isolation.standings import KeptStanding, Standing
from sdk.engine.system import PluginStatus

WELL = PluginStatus("p", "d", "1", (), "ok", "")


@pytest.mark.parametrize(
    ("standings", "state", "reason"),
    [
        ([], "ok", ""),
        ([Standing(7)], "ok", "isolated: process 7"),
        ([Standing(7, 2, "killed")], "ok", "isolated: process 7, which ended 2 times before, the last time killed"),
        ([Standing(0, 1, "killed", "it does not run")], "ok", "it does not run"),
        ([Standing(7), Standing(0, 5, "killed", "it has failed", failed=True)], "failed", "isolated: process 7; it has failed"),
    ],
)
def test_its_state_and_reason_are_the_daemons(standings: list[Standing], state: str, reason: str) -> None:
    kept = [KeptStanding("p", "volume", 1, each) for each in standings]
    (status,) = as_they_are([WELL], [*kept, KeptStanding("other", "volume", 1, Standing(9))])
    assert (status.state, status.reason) == (state, reason)


def test_a_plugin_that_a_command_sees_as_broken_stays_so() -> None:
    broken = PluginStatus("p", "d", "1", (), "failed", "it cannot be imported")
    assert as_they_are([broken], [KeptStanding("p", "volume", 1, Standing(7))]) == [broken]
