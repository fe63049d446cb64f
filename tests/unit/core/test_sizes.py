"""Sizes are counted in powers of 1024, and end where an int64 does."""

import pytest

from core.sizes import binary_size


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("0", 0),
        ("64", 64),
        ("64 ", 64),
        ("5b", 5),
        ("64 B", 64),
        ("1k", 1024),
        ("1 k", 1024),
        ("1KB", 1024),
        ("1 KiB", 1024),
        ("1.5m", 3 << 19),
        ("0.0001k", 0),
        ("2g", 2 << 30),
        ("1.5GiB", 3 << 29),
        ("1t", 1 << 40),
        ("8191p", 8191 << 50),
    ],
)
def test_a_size(text: str, count: int) -> None:
    assert binary_size(text) == count


@pytest.mark.parametrize(
    "text", ["", " ", "-1", "-2", "+1", "m", "x", "1x", "1ib", "5bb", "5bib", "1kbb", "1e3", ".5", "1.", "1 2", "٣", "nan", "inf"]
)
def test_what_is_no_size(text: str) -> None:
    assert binary_size(text) is None


@pytest.mark.parametrize("text", [" 1", "1  k", "1\tk", "1k ", "1k\n", "1  "])
def test_one_space_may_stand_before_the_unit(text: str) -> None:
    assert binary_size(text) is None


@pytest.mark.parametrize("text", ["8192p", "9" * 19, "9" * 400, "9" * 400 + "p"])
def test_what_no_int64_holds_is_no_size(text: str) -> None:
    assert binary_size(text) is None
