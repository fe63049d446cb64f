"""Text from outside, on one line and no longer than it may be, its lines, and yes or no, and why a document cannot be read."""

import msgspec
import pytest

from sdk.text import UNREADABLE, cleaned, lines, truth, unreadable_reason


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("plain", "plain"),
        ("  two\n\tlines\r\n ", "two lines"),
        ("\x1b[31mred\x00", "[31mred"),
        ("a\u2028b\u202ec", "a b c"),
        ("ä", "ä"),
        ("1234567890", "1234567890"),
        ("12345678901", "1234567890..."),
        ("\n" * 39 + "x", "x"),
        ("\n" * 40 + "x", ""),
    ],
)
def test_it_is_one_line_without_control_characters(text: str, shown: str) -> None:
    assert cleaned(text, 10) == shown


def test_by_default_it_has_512_characters() -> None:
    assert cleaned("x" * 600) == "x" * 512 + "..."


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("\n", [""]),
        ("a", ["a"]),
        ("a\n", ["a"]),
        ("a\n\n", ["a", ""]),
        ("\na\r\nb", ["", "a", "b"]),
        ("a\rb\r\r\n", ["a\rb\r"]),
        ("a\x0bb\x0cc\x1cd\x85e\u2028f", ["a\x0bb\x0cc\x1cd\x85e\u2028f"]),
    ],
)
def test_lines_end_at_newlines(text: str, found: list[str]) -> None:
    assert lines(text) == found


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "Input data was truncated"),
        (b"[]", "Expected `object`, got `array`"),
        (b'{"\xff": 1}', "it is not UTF-8"),
        ('{"a": "\udc80"}', "it is not UTF-8"),
        (b'{"a": ' + b"[" * 100_000, "it is nested too deeply"),
    ],
)
def test_why_a_document_cannot_be_read(content: bytes | str, reason: str) -> None:
    with pytest.raises(UNREADABLE) as caught:
        msgspec.json.decode(content, type=dict[str, msgspec.Raw])
    assert unreadable_reason(caught.value) == reason


def test_yes_and_no_are_gos_words() -> None:
    assert {word for word in ("1", "t", "T", "true", "True", "TRUE") if truth(word) is True} == {
        "1",
        "t",
        "T",
        "true",
        "True",
        "TRUE",
    }
    assert {word for word in ("0", "f", "F", "false", "False", "FALSE") if truth(word) is False} == {
        "0",
        "f",
        "F",
        "false",
        "False",
        "FALSE",
    }
    assert [truth(word) for word in ("", "tRUE", "yes", "on", "no", " true", "01", "true\n")] == [None] * 8
