"""`--chmod`."""

import stat

import pytest

from plugins.builder_dockerfile.files.modes import parse_mode
from plugins.builder_dockerfile.language.errors import DockerfileError

FILE, DIRECTORY = stat.S_IFREG, stat.S_IFDIR


def test_nothing_changes_nothing() -> None:
    assert parse_mode("") is None


@pytest.mark.parametrize(("text", "mode"), [("0", 0), ("644", 0o644), ("0755", 0o755), ("000755", 0o755), ("7777", 0o7777)])
def test_an_octal_number_is_the_mode(text: str, mode: int) -> None:
    change = parse_mode(text)
    assert change is not None
    assert change.apply(FILE | 0o123) == mode


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("+x", FILE | 0o644, 0o755),
        ("u+x", FILE | 0o644, 0o744),
        ("go-r", FILE | 0o644, 0o600),
        ("a=r", FILE | 0o777, 0o444),
        ("=", FILE | 0o777, 0),
        ("u=rwx,g=rx,o=", FILE | 0o4777, 0o750),
        ("u+rw-x", FILE | 0o100, 0o600),
        ("+X", FILE | 0o644, 0o644),
        ("+X", FILE | 0o744, 0o755),
        ("+X", DIRECTORY | 0o644, 0o755),
        ("u+s", FILE | 0o755, 0o4755),
        ("g+s", FILE | 0o755, 0o2755),
        ("o+s", FILE | 0o755, 0o755),
        ("+t", FILE | 0o755, 0o1755),
        ("g=u", FILE | 0o640, 0o660),
        ("o=g-w", FILE | 0o660, 0o664),
        ("u-s", FILE | 0o4755, 0o755),
        ("ug+w,o-r", FILE | 0o444, 0o660),
    ],
)
def test_a_symbolic_mode_changes_the_files_own(text: str, before: int, after: int) -> None:
    change = parse_mode(text)
    assert change is not None
    assert change.apply(before) == after


@pytest.mark.parametrize("text", ["8", "10000", "77777", "-1", "u", "u+rwz", "x+r", "u+r,", ",", "u+r g+r", "٣", "0x1", "u+ugo"])
def test_what_is_no_mode_is_refused(text: str) -> None:
    with pytest.raises(DockerfileError, match="it should be octal string and between 0 and 07777"):
        parse_mode(text)
