"""Amounts of disk space."""

from pathlib import Path

import pytest

from core.engine.images.space import missing_space, parse_space
from sdk.errors import InvalidArgument


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("512", 512),
        ("10GB", 10**10),
        ("1.5g", 1_500_000_000),
        ("2 MiB", 2 << 20),
        ("20%", 200),
        ("0.1%", 1),
        ("1b", 1),
        ("3TiB", 3 << 40),
    ],
)
def test_amounts(text: str, amount: int) -> None:
    assert parse_space(text, 1000) == amount


@pytest.mark.parametrize("text", ["", "GB", "-1", "10 percent", "1XB", "%"])
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(InvalidArgument, match="invalid size"):
        parse_space(text, 1000)


def test_what_is_missing(tmp_path: Path) -> None:
    assert missing_space("0%", tmp_path) == 0
    assert missing_space("100000TB", tmp_path) > 0
