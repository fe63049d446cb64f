"""Sizes, ages and moments, at the edges of their units."""

from types import SimpleNamespace

import pytest

from core.cli.client.show.words import age, memory, moment, short, size

NOW = 1_700_000_000.0


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.cli.client.show.words.time", SimpleNamespace(time=lambda: NOW))


def test_an_id_is_shown_by_twelve_digits() -> None:
    assert short("sha256:0123456789abcdef") == "0123456789ab"
    assert short("0123") == "0123"


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0B"),
        (999, "999B"),
        (999.6, "1kB"),
        (1000, "1kB"),
        (4_270_000, "4.27MB"),
        (999_400, "999kB"),
        (999_600, "1MB"),
        (10**15, "1PB"),
        (10**18, "1e+03PB"),
    ],
)
def test_a_size_is_decimal(count: float, shown: str) -> None:
    assert size(count) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0B"), (1023, "1023B"), (1024, "1KiB"), (536 << 10, "536KiB"), ((1 << 20) - 1, "1MiB"), (1 << 40, "1TiB")],
)
def test_memory_is_binary(count: float, shown: str) -> None:
    assert memory(count) == shown


@pytest.mark.parametrize(
    ("ago", "shown"),
    [
        (-5, "Less than a second ago"),
        (0, "Less than a second ago"),
        (1.5, "1 second ago"),
        (90, "90 seconds ago"),
        (121, "2 minutes ago"),
        (7201, "2 hours ago"),
        (86400 * 1.5, "36 hours ago"),
        (86400 * 800, "2 years ago"),
    ],
)
def test_an_age_has_one_unit_of_which_there_are_at_least_two(ago: float, shown: str) -> None:
    assert age(NOW - ago) == shown


@pytest.mark.parametrize(
    ("text", "seconds"), [("10m", 600), ("1.5h", 5400), ("1h30m", 5400), ("2d", 172800), ("1m30s", 90), ("500ms", 0.5), ("0s", 0)]
)
def test_a_duration_counts_back_from_now(text: str, seconds: float) -> None:
    assert float(moment(text)) == NOW - seconds


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("2024-01-01T00:00:00+00:00", "1704067200.000000"),
        ("2024-01-01T01:00:00.5+01:00", "1704067200.500000"),
        ("1704067200", "1704067200"),
        ("1704067200.5", "1704067200.5"),
        ("", ""),
        ("yesterday", "yesterday"),
        ("m", "m"),
        ("1.m", "1.m"),
        ("٣m", "٣m"),
    ],
)
def test_any_other_moment_is_the_daemons_to_read(text: str, kept: str) -> None:
    assert moment(text) == kept
