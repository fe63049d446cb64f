"""Lists of processors and memory nodes."""

import time

import pytest

from core.containers.limits.cpu_list import format_list, parse_list


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("", set()), ("7", {7}), ("1-3", {1, 2, 3}), ("0,3-4,7", {0, 3, 4, 7}), ("03,1-3", {1, 2, 3}), ("2-2", {2})],
)
def test_parse(text: str, numbers: set[int]) -> None:
    assert parse_list(text) == numbers


@pytest.mark.parametrize(
    "text", [",", "1,", "1--2", "3-1", "-1", "a", " 1", "1_0", "\u0661", "8193", "0-8193", "1-9223372036854775807"]
)
def test_others_are_refused_and_none_is_counted_out(text: str) -> None:
    before = time.thread_time()
    with pytest.raises(ValueError, match=r"invalid format|value of out range"):
        parse_list(text)
    assert time.thread_time() - before < 1


@pytest.mark.parametrize(("numbers", "text"), [((), ""), ((0,), "0"), ((1, 0), "0-1"), ((0, 2, 3, 4, 9), "0,2-4,9")])
def test_format(numbers: tuple[int, ...], text: str) -> None:
    assert format_list(numbers) == text
