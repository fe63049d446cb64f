"""The daemon is killed at random instants while ten clients do everything, and the books balance after each round.

`make test` has a few rounds, `make test-crash` as many as CRASH_ROUNDS says; CRASH_SEED says with which dice.
"""

import os

import pytest

from tests.crash.round import Crashes
from tests.daemon import Daemon

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "200"))
SEED = int(os.environ.get("CRASH_SEED", "1"))
CLIENTS = 10

pytestmark = pytest.mark.privileged


def _crash(daemon: Daemon, rounds: int, longest: float) -> None:
    daemon.docker("pull", "--quiet", "busybox")
    crashes = Crashes(daemon, CLIENTS, SEED)
    for number in range(1, rounds + 1):
        crashes.round(longest)
        print(f"round {number}: {crashes.figures}", flush=True)
        assert not crashes.wrong, "\n".join(crashes.wrong)
    crashes.finish()
    assert not crashes.wrong, "\n".join(crashes.wrong)


@pytest.mark.timeout(300)
def test_a_few_rounds(daemon: Daemon) -> None:
    _crash(daemon, 3, 1.5)


@pytest.mark.slow
@pytest.mark.timeout(ROUNDS * 120 + 300)
def test_many_rounds(daemon: Daemon) -> None:
    _crash(daemon, ROUNDS, 4.0)
