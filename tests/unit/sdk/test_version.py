"""Which plugins an API version takes."""

import pytest

from sdk.version import is_compatible


@pytest.mark.parametrize(
    ("built_for", "offered", "fits"),
    [
        ((1, 0), (1, 0), True),
        ((1, 0), (1, 5), True),
        ((1, 5), (1, 5), True),
        ((1, 6), (1, 5), False),
        ((2, 0), (1, 5), False),
        ((0, 9), (1, 5), False),
        ((1, 0), (2, 0), False),
    ],
)
def test_the_same_major_and_no_newer_minor(built_for: tuple[int, int], offered: tuple[int, int], fits: bool) -> None:
    assert is_compatible(built_for, offered) is fits
