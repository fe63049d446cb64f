"""Which plugins an API version takes."""

from collections.abc import Callable
from functools import partial

import pytest

from sdk.version import asynchronous, is_compatible


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


def _plain(options: dict[str, str]) -> bool:
    return not options


async def _asynchronous(options: dict[str, str]) -> bool:
    return not options


@pytest.mark.anyio
@pytest.mark.parametrize("method", [_plain, _asynchronous, partial(_plain), partial(_asynchronous)])
async def test_a_method_that_was_plain_once_can_be_awaited_in_either_shape(method: Callable[..., object]) -> None:
    assert await asynchronous("is_secluded", method)({}) is True
    assert await asynchronous("is_secluded", method)({"a": "b"}) is False


def test_other_methods_stay_what_they_are() -> None:
    assert asynchronous("size", _plain) is _plain
