"""The commands that plugins add to ours."""

import pytest
import typer
from typer.testing import CliRunner

from core.cli import application


def _hello(name: str = "you") -> None:
    print(f"hello {name}")


def _single() -> typer.Typer:
    made = typer.Typer()
    made.command("hello")(_hello)
    return made


def _several() -> typer.Typer:
    made = _single()
    made.command("bye")(lambda: print("bye"))
    return made


def _with_callback() -> typer.Typer:
    made = _single()
    made.callback()(lambda: None)
    return made


def _with_callback_of_its_own() -> typer.Typer:
    made = typer.Typer(callback=lambda: print("first"))
    made.command("hello")(_hello)
    return made


@pytest.mark.parametrize(
    ("commands", "words", "said"),
    [
        (_single(), ["greet", "--name", "us"], "hello us"),
        (_several(), ["greet", "bye"], "bye"),
        (_several(), ["greet", "hello"], "hello you"),
        (_with_callback(), ["greet", "hello"], "hello you"),
        (_with_callback_of_its_own(), ["greet", "hello"], "first\nhello you"),
    ],
)
def test_an_application_of_one_command_is_that_command(
    monkeypatch: pytest.MonkeyPatch, commands: typer.Typer, words: list[str], said: str
) -> None:
    monkeypatch.setattr(application, "_plugin_commands", lambda _taken: [("greet", commands)])
    assert CliRunner().invoke(application.build(words), words).stdout == f"{said}\n"


def test_plugins_are_asked_for_commands_that_are_not_ours_and_told_which_are(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[set[str]] = []
    monkeypatch.setattr(application, "_plugin_commands", lambda taken: asked.append(set(taken)) or [])
    application.build(["ps"])
    assert asked == []
    application.build(["greet"])
    (taken,) = asked
    assert {"ps", "plugin", "serve"} <= taken
