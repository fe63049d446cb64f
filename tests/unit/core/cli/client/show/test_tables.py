"""Tables into a pipe, and JSON."""

import pytest

from core.cli.client.show.tables import show_json, show_table


def test_into_a_pipe_lines_are_as_long_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(("A", "B"), [("x" * 100, "[bold]y"), ("", "z")])
    first, second, third = capsys.readouterr().out.splitlines()
    assert first == f"A{' ' * 102}B"
    assert second == f"{'x' * 100}   [bold]y"
    assert third == f"{' ' * 103}z"


def test_a_table_without_rows_is_its_headings(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(("A", "B"), [])
    assert capsys.readouterr().out == "A   B\n"


def test_json_is_indented(capsys: pytest.CaptureFixture[str]) -> None:
    show_json([{"a": None}])
    assert capsys.readouterr().out == '[\n    {\n        "a": null\n    }\n]\n'
