"""Containers as lines of a table, and filters as the API wants them."""

import json
import time

import pytest

from core.cli.client.commands.containers import _port, _row, _stop_query, encode_filters
from core.cli.client.models import ContainerSummary, Port


@pytest.mark.parametrize(
    ("filters", "chosen"),
    [
        (None, {}),
        (["name=a"], {"name": {"a": True}}),
        (["name=a", "name=b", "label=x=y", "bare"], {"name": {"a": True, "b": True}, "label": {"x=y": True}, "bare": {"": True}}),
    ],
)
def test_filters_of_one_key_stand_together(filters: list[str] | None, chosen: object) -> None:
    assert json.loads(encode_filters(filters)) == chosen


@pytest.mark.parametrize(
    ("port", "shown"),
    [
        (Port(80, "tcp"), "80/tcp"),
        (Port(80, "tcp", "0.0.0.0", 8080), "0.0.0.0:8080->80/tcp"),
        (Port(53, "udp", "::", 53), "[::]:53->53/udp"),
    ],
)
def test_a_port_is_shown_with_where_it_is_published(port: Port, shown: str) -> None:
    assert _port(port) == shown


@pytest.mark.parametrize(
    ("command", "whole", "shown"),
    [
        ("x" * 20, False, '"' + "x" * 20 + '"'),
        ("x" * 21, False, '"' + "x" * 19 + '…"'),
        ("x" * 21, True, '"' + "x" * 21 + '"'),
        ("", False, '""'),
    ],
)
def test_a_long_command_is_cut(command: str, whole: bool, shown: str) -> None:
    row = _row(ContainerSummary("0" * 64, ["/a"], "i", command, 0, "Up"), whole=whole)
    assert row[2] == shown
    assert len(row[0]) == (64 if whole else 12)


def test_ports_are_in_order_and_names_without_the_slash() -> None:
    ports = [Port(443, "tcp"), Port(80, "tcp", "::", 80), Port(80, "tcp", "0.0.0.0", 80)]
    row = _row(ContainerSummary("x", ["/web", "/front/alias"], "i", "c", int(time.time()) - 7200, "Up", ports), whole=False)
    assert row[3:] == ("2 hours ago", "Up", "0.0.0.0:80->80/tcp, [::]:80->80/tcp, 443/tcp", "web,front/alias")


@pytest.mark.parametrize(
    ("seconds", "signal", "query"), [(None, "", {}), (0, "", {"t": "0"}), (-1, "INT", {"t": "-1", "signal": "INT"})]
)
def test_only_what_is_said_is_asked_for(seconds: int | None, signal: str, query: dict[str, str]) -> None:
    assert _stop_query(seconds, signal) == query
