"""Variables in words (Dockerfile reference, "Environment replacement")."""

import pytest

from plugins.builder_dockerfile.language.errors import DockerfileError
from plugins.builder_dockerfile.language.variables import expand, expand_plain, expand_words

VALUES = {"a": "one", "empty": "", "path": "usr/lib/x.tar.gz", "two": "b c"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$a", "one"),
        ("${a}x", "onex"),
        ("$ab", ""),
        ("\\$a", "$a"),
        ("\\${a}", "${a}"),
        ("'$a'", "$a"),
        ('"$a"', "one"),
        ('"\\$a \\" \\x"', '$a " \\x'),
        ("\\a", "a"),
        ("end\\", "end\\"),
        ("100%$", "100%$"),
        ("${a:-x}", "one"),
        ("${none:-x$a}", "xone"),
        ("${none-x}", "x"),
        ("${empty-x}", ""),
        ("${empty:-x}", "x"),
        ("${a:+x}", "x"),
        ("${empty:+x}", ""),
        ("${empty+x}", "x"),
        ("${none+x}", ""),
        ("${none:-${none:-deep}}", "deep"),
        ("${a?missing}", "one"),
        ("${path#*/}", "lib/x.tar.gz"),
        ("${path##*/}", "x.tar.gz"),
        ("${path%.*}", "usr/lib/x.tar"),
        ("${path%%.*}", "usr/lib/x"),
        ("${path/lib/bin}", "usr/bin/x.tar.gz"),
        ("${path//./-}", "usr/lib/x-tar-gz"),
        ("${path/?r/OR}", "uOR/lib/x.tar.gz"),
    ],
)
def test_a_word(text: str, expected: str) -> None:
    assert expand(text, VALUES) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${a", "missing '}'"),
        ("${a:-x", "missing '}'"),
        ("${}", "bad substitution"),
        ("${a!x}", "unsupported modifier"),
        ("${none:?must be set}", "none: must be set"),
        ("'open", "single-quote"),
        ('"open', "double-quote"),
    ],
)
def test_a_malformed_word_is_refused(text: str, message: str) -> None:
    with pytest.raises(DockerfileError, match=message):
        expand(text, VALUES)


def test_another_escape_character_leaves_backslashes_alone() -> None:
    assert expand("`$a \\$a", VALUES, "`") == "$a \\one"


def test_only_unquoted_values_are_divided() -> None:
    assert expand_words('$two "$two" x$two ""', VALUES) == ["b", "c", "b c", "xb", "c", ""]


def test_a_heredoc_keeps_its_quotes() -> None:
    assert expand_plain("'$a' \"${a}\" \\$a \\n", VALUES) == "'one' \"one\" $a \\n"


def test_substitutions_inside_of_one_another_have_an_end() -> None:
    """A thousand of them were told in Python's words."""
    assert expand("${no:-" * 50 + "x" + "}" * 50, VALUES) == "x"
    assert expand("${no:-x}" * 60, VALUES) == "x" * 60
    with pytest.raises(DockerfileError, match="more than 50 substitutions inside of one another"):
        expand("${no:-" * 51 + "x" + "}" * 51, VALUES)
