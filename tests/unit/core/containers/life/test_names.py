"""Names of containers."""

import pytest

from core.containers.life import names as names_module
from core.containers.life.names import check_name, invent_name
from sdk.errors import InvalidArgument


@pytest.mark.parametrize(
    ("given", "name"), [("ab", "ab"), ("/ab", "ab"), ("A0_.-", "A0_.-"), ("0a", "0a"), ("a" * 500, "a" * 500), ("a..", "a..")]
)
def test_what_is_allowed(given: str, name: str) -> None:
    assert check_name(given) == name


@pytest.mark.parametrize(
    "given", ["", "/", "a", "/a", "-ab", ".ab", "_ab", "//ab", "ab/", "a/b", "a b", "ab\n", "\nab", "äb", "a\x00b", "a:b", "٣٣"]
)
def test_what_is_not(given: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        check_name(given)
    assert refused.value.message == f"Invalid container name ({given}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"


def test_an_invented_name_is_allowed_and_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names_module, "_ADJECTIVES", ("calm",))
    monkeypatch.setattr(names_module, "_PEOPLE", ("hopper",))
    taken: set[str] = set()
    for _ in range(20):
        name = invent_name(taken)
        assert name not in taken
        assert check_name(name) == name
        assert name.startswith("calm_hopper")
        taken.add(name)
    assert "calm_hopper" in taken
