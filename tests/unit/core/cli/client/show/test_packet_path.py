"""A packet's way as it is printed: the rules that decide, or all."""

import pytest

from core.cli.client.models import PacketPath, RuleMet
from core.cli.client.show.packet_path import show_path

RULES = [RuleMet("input", "tcp dport 80 accept", "accepts"), RuleMet("forward", "counter", "")]


def path(**fields: object) -> PacketPath:
    given = {"host_ip": "0.0.0.0", "host_port": 8080, "container_port": 80, "protocol": "tcp", "origin": "outside"}
    return PacketPath(**{**given, "rules": RULES, "result": "it arrives", **fields})


@pytest.mark.parametrize(
    ("fields", "head"),
    [
        ({}, "0.0.0.0:8080/tcp, from outside"),
        ({"host_ip": "::"}, "[::]:8080/tcp, from outside"),
        ({"host_port": 0}, "80/tcp, from outside"),
    ],
)
def test_what_is_published_comes_first(capsys: pytest.CaptureFixture[str], fields: dict[str, object], head: str) -> None:
    show_path(path(**fields), everything=False)
    assert capsys.readouterr().out.splitlines()[0] == head


def test_rules_that_decide_nothing_are_shown_when_everything_is(capsys: pytest.CaptureFixture[str]) -> None:
    show_path(path(), everything=False)
    assert "counter" not in (shown := capsys.readouterr().out)
    assert shown.endswith("  it arrives\n\n")
    show_path(path(), everything=True)
    assert "  forward   counter               -" in capsys.readouterr().out.splitlines()


def test_without_rules_the_result_follows_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    show_path(path(rules=[]), everything=True)
    assert capsys.readouterr().out == "0.0.0.0:8080/tcp, from outside\n  it arrives\n\n"
