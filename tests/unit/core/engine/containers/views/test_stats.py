"""What the kernel tells of time and interfaces."""

import os
from pathlib import Path

import pytest

from core.engine.containers.views import stats as stats_module
from core.engine.containers.views.stats import parse_interfaces, parse_system_time
from sdk.engine.containers import InterfaceStats

HEAD = (
    "Inter-|   Receive  |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop\n"
)
ROW = "{}: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
READING = InterfaceStats(
    rx_bytes=1, rx_packets=2, rx_errors=3, rx_dropped=4, tx_bytes=9, tx_packets=10, tx_errors=11, tx_dropped=12
)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ([], []),
        (["    lo"], []),
        (["    lo", "  eth0", "veth12345"], ["eth0", "veth12345"]),
        (["a\x1cb", "c\u2028d"], ["a\x1cb", "c\u2028d"]),
    ],
)
def test_interfaces_but_for_the_loopback(names: list[str], found: list[str]) -> None:
    assert parse_interfaces(HEAD + "".join(map(ROW.format, names))) == dict.fromkeys(found, READING)


def test_an_interface_may_have_any_bytes_as_its_name(tmp_path: Path) -> None:
    """A container with CAP_NET_ADMIN gives it one; the daemon's reading of the table must not fail."""
    (tmp_path / "dev").write_bytes(HEAD.encode() + ROW.format("@").encode().replace(b"@", b"\xff\xfe"))
    assert list(parse_interfaces(stats_module._text(str(tmp_path / "dev")))) == ["\ufffd\ufffd"]


def test_the_time_of_all_processors_counts_each_tick_once() -> None:
    tick = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    assert parse_system_time("cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 100 100\n") == (1 + 2 + 3 + 4 + 5 + 6 + 7) * tick
