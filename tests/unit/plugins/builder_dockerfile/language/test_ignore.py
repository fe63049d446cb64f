"""Rules of a .dockerignore."""

import pytest

from plugins.builder_dockerfile.language.errors import DockerfileError
from plugins.builder_dockerfile.language.ignore import read_ignore


@pytest.mark.parametrize(
    ("text", "path", "ignored"),
    [
        ("# note\n\n", "a", False),
        ("a", "a", True),
        ("a", "a/b/c", True),
        ("a", "b/a", False),
        ("/a/", "a", True),
        ("./a", "a", True),
        ("a/../b", "b", True),
        ("*", "a", True),
        ("*/temp*", "x/temporary", True),
        ("*/temp*", "x/y/temporary", False),
        ("**/*.go", "a.go", True),
        ("**/*.go", "x/y/a.go", True),
        ("**", ".hidden/a", True),
        ("temp?", "tempa", True),
        ("temp?", "temp", False),
        ("[a-c].txt", "b.txt", True),
        ("[^a-c].txt", "b.txt", False),
        ("*.md\n!README.md", "README.md", False),
        ("*.md\n!README*.md\nREADME-secret.md", "README-secret.md", True),
        ("*.md\nREADME-secret.md\n!README*.md", "README-secret.md", False),
        ("a\n!a/keep", "a/keep", False),
        ("a\n!a/keep", "a/other", True),
        ("  a  ", "a", True),
        ("\ufeffa", "a", True),
        ("a\r\nb", "a", True),
        ("a\u2028b", "a\u2028b", True),
        ("a\u2028b", "b", False),
        ("# note\x0cb", "b", False),
        ("a\\*", "a*", True),
        (".", "a", False),
    ],
)
def test_the_last_rule_that_matches_decides(text: str, path: str, ignored: bool) -> None:
    assert read_ignore(text).ignores(path) is ignored


@pytest.mark.parametrize(
    ("text", "directory", "expected"),
    [
        ("a\n!a/b/c", "a", True),
        ("a\n!a/b/c", "a/b", True),
        ("a\n!a/b/c", "a/x", False),
        ("*\n!**/c", "a/b", True),
        ("a", "a", False),
    ],
)
def test_a_walk_goes_only_where_something_may_come_back(text: str, directory: str, expected: bool) -> None:
    assert read_ignore(text).may_include_below(directory) is expected


def test_a_bad_pattern_is_refused() -> None:
    with pytest.raises(DockerfileError, match="syntax error in pattern"):
        read_ignore("[a")
