"""Lines, directives, continuations and heredocs."""

import pytest

from plugins.builder_dockerfile.language.statements import read_source, unicode_text
from sdk.errors import BuildFailed


def test_comments_and_empty_lines_count_but_are_no_statements() -> None:
    source = read_source("# note\n\nFROM a\n  # indented\nRUN b\n")
    assert [(each.keyword, each.rest, each.line) for each in source.statements] == [("FROM", "a", 3), ("RUN", "b", 5)]


def test_a_continued_line_skips_comments_and_empty_lines_inside() -> None:
    (statement,) = read_source("RUN a \\\n# note\n\n  b \\  \n  c\n").statements
    assert statement.rest.split() == ["a", "b", "c"]
    assert (statement.line, statement.end_line) == (1, 5)


def test_a_doubled_escape_does_not_continue_a_line() -> None:
    assert len(read_source("RUN a \\\\\nRUN b\n").statements) == 2


def test_a_comment_does_not_continue() -> None:
    assert [each.keyword for each in read_source("# note \\\nFROM a\n").statements] == ["FROM"]


def test_windows_line_ends_and_a_byte_order_mark_vanish() -> None:
    assert [each.rest for each in read_source("\ufeffFROM a\r\nRUN b \\\r\n c\r\n").statements] == ["a", "b  c"]


def test_directives_are_read_at_the_top_in_any_case() -> None:
    source = read_source("# Syntax = docker/dockerfile:1\n#escape=`\nRUN a `\n b\n")
    assert source.directives == {"syntax": "docker/dockerfile:1", "escape": "`"}
    assert source.statements[0].rest.split() == ["a", "b"]


def test_a_directive_after_a_comment_is_a_comment() -> None:
    assert read_source("# note\n# escape=`\nFROM a\n").escape == "\\"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# escape=\\\n# escape=`\nFROM a\n", "line 2: only one escape parser directive can be used"),
        ("# escape=x\nFROM a\n", "line 1: invalid escape token 'x'"),
        ("FROM a\nRUN <<EOF\necho\n", "line 2: unterminated heredoc"),
        ("# nothing\n", "the Dockerfile cannot be empty"),
    ],
)
def test_what_cannot_be_divided_names_its_line(text: str, message: str) -> None:
    with pytest.raises(BuildFailed, match=message):
        read_source(text)


def test_heredocs_follow_in_their_order_and_later_lines_count_on() -> None:
    source = read_source("FROM a\nCOPY <<one <<'two' /d/\n1$x\none\n2$x\ntwo\nRUN c\n")
    _, copy, run = source.statements
    assert [(each.name, each.content, each.expand) for each in copy.heredocs] == [("one", "1$x\n", True), ("two", "2$x\n", False)]
    assert run.line == 7


def test_a_dash_takes_leading_tabs_away() -> None:
    (heredoc,) = read_source("RUN <<-EOF\n\t\ta\n\tEOF\n").statements[0].heredocs
    assert (heredoc.content, heredoc.chomp) == ("a\n", True)


@pytest.mark.parametrize("text", ["RUN cat <<<EOF\n", 'RUN echo "<<EOF"\n', 'RUN ["cat", "<<EOF"]\n', "ENV a=<<EOF\n"])
def test_what_only_looks_like_a_heredoc_is_none(text: str) -> None:
    assert read_source(text).statements[0].heredocs == ()


def test_bytes_that_are_not_utf8_stay_in_a_heredoc_and_nowhere_else() -> None:
    """Docker's configurations show U+FFFD for them; the build failed in Python's words."""
    (comment_gone, copied) = read_source("# \udce9\nLABEL a=\udce9\udce8\nCOPY <<caf\udce9 /x\n\udce9\ncaf\udce9\n").statements
    assert comment_gone.text == "LABEL a=\ufffd\ufffd"
    assert copied.text == "COPY <<caf\ufffd /x"
    assert [each.content for each in copied.heredocs] == ["\udce9\n"]


@pytest.mark.parametrize(
    ("text", "unicode"), [("", ""), ("a\n", "a\n"), ("\u00e9\U0001f600", "\u00e9\U0001f600"), ("\ud800\udfff", "\ufffd\ufffd")]
)
def test_what_is_unicode_stays(text: str, unicode: str) -> None:
    assert unicode_text(text) == unicode
