"""The daemon's help: a line an option, with its letter, its form, and what becomes of it."""

import pytest

from core.dockerd.options import OPTIONS
from core.dockerd.usage import usage


def lines() -> list[str]:
    return usage("dockerd").splitlines()


def test_it_begins_with_the_program_and_ends_with_a_line() -> None:
    assert lines()[0] == "Usage:  dockerd [OPTIONS]"
    assert usage("x").endswith("\n")


@pytest.mark.parametrize(
    "line",
    [
        "  -D, --debug                                   Enable debug mode",
        "  -p, --pidfile string                          Path to use for daemon PID file",
        "      --dns list                                DNS server to use",
        "      --rootless                                Enable rootless mode (rootless mode is not supported)",
        "      --raw-logs                                Full timestamps without ANSI coloring (accepted, without effect)",
        "  -v, --version                                 Print version information and quit",
    ],
)
def test_an_option_is_shown_as_it_is_written(line: str) -> None:
    assert line in lines()


def test_every_option_is_there_in_order_but_those_hidden() -> None:
    shown = [line.split("--", 1)[1].split()[0] for line in lines() if line.startswith(("  -", "      --"))]
    assert shown == sorted(option.flag for option in OPTIONS if not option.hidden)
    assert "restart" not in shown
