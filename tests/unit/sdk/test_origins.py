import pytest

from sdk.origins import is_same_origin


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost", "localhost"),
        ("http://localhost:80", "localhost"),
        ("https://d", "d:443"),
        ("http://D:2375", "d:2375"),
        ("ws://[::1]:2375", "[::1]:2375"),
    ],
)
def test_a_page_of_the_daemons_own(origin: str, host: str) -> None:
    assert is_same_origin(origin, host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://evil.example", "localhost"),
        ("http://localhost:8080", "localhost:2375"),
        ("null", "localhost"),
        ("", ""),
        ("http://", ""),
        ("http://[::1", "[::1"),
        ("http://a:x", "a"),
        ("file:///etc", ""),
        ("javascript:1", "localhost"),
    ],
)
def test_a_page_from_elsewhere(origin: str, host: str) -> None:
    assert not is_same_origin(origin, host)
