"""Restart policies: what they want, how long they wait, what holds them back."""

import pytest
from msgspec.structs import replace

from core.containers.life.record import ContainerRecord
from core.containers.life.restart import LONGEST_DELAY, at_boot, decide
from sdk.drivers.runtime import ExitStatus
from sdk.engine.config import HostConfig, RestartKind, RestartPolicy
from tests.unit.core import records

SECOND = 1_000_000_000


def record(policy: str, most: int = 0, count: int = 0) -> ContainerRecord:
    return records.record(host_config=HostConfig(restart_policy=RestartPolicy(RestartKind(policy), most)), restart_count=count)


@pytest.mark.parametrize(
    ("policy", "code", "wanted"),
    [
        ("no", 1, False),
        ("always", 0, True),
        ("unless-stopped", 0, True),
        ("on-failure", 0, False),
        ("on-failure", 3, True),
    ],
)
def test_policies(policy, code, wanted):
    assert decide(record(policy), ExitStatus(code, SECOND), 0).restart is wanted


def test_on_failure_gives_up_after_its_count():
    assert decide(record("on-failure", 2, 1), ExitStatus(1, 0), 0).restart
    assert not decide(record("on-failure", 2, 2), ExitStatus(1, 0), 0).restart


def test_a_deliberate_stop_holds_back():
    stopped = replace(record("always"), stopped_by_user=True)
    assert not decide(stopped, ExitStatus(0, 0), 0).restart
    assert at_boot(stopped)
    assert not at_boot(replace(record("unless-stopped"), stopped_by_user=True))


def test_delays_double_up_to_a_minute_and_a_steady_run_resets_them():
    delay, seen = 0.0, []
    for _ in range(12):
        delay = decide(record("always"), ExitStatus(0, SECOND), delay).delay
        seen.append(delay)
    assert seen[:4] == [0.1, 0.2, 0.4, 0.8]
    assert seen[-1] == LONGEST_DELAY
    assert decide(record("always"), ExitStatus(0, 11 * SECOND), 60.0).delay == 0.1
