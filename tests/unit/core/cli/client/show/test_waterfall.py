"""A trace as a waterfall."""

import pytest

from core.cli.client.models import Span, Trace
from core.cli.client.show.waterfall import duration, waterfall

MS = 1_000_000


def span(number: int, parent: str, name: str, start: int, end: int, error: str = "", **attributes: str | int) -> Span:
    named = {key.replace("_", "."): value for key, value in attributes.items()}
    return Span(str(number), parent, name, start * MS, end * MS, named, error)


def lines(spans: list[Span], width: int = 88) -> list[str]:
    return [line.plain.rstrip() for line in waterfall(Trace("ab", 0, 0, spans), width)]


def test_spans_lie_below_those_they_are_within_in_the_order_of_time() -> None:
    drawn = lines(
        [
            span(3, "1", "runtime.start", 60, 100, core_driver_name="ns"),
            span(2, "1", "start.networks", 10, 60),
            span(1, "client", "POST /start", 0, 100, http_response_status__code=204),
        ]
    )
    assert drawn == [
        "trace ab: 3 spans in 100.0 ms",
        f"{'':46}     after      took",
        f"{'POST /start':46}      0.00    100.00  {'█' * 20}",
        f"{'  start.networks':46}     10.00     50.00    {'█' * 10}",
        f"{'  runtime.start (ns)':46}     60.00     40.00  {' ' * 12}{'█' * 8}",
    ]


def test_a_moment_is_a_mark_and_an_error_is_told_on_one_line() -> None:
    drawn = lines([span(1, "", "POST", 0, 10, "NoSuchImage: no\n\x1b[31msuch"), span(2, "1", f"[1/2] {'x' * 60}", 10, 10)])
    assert drawn[2].endswith("█" * 20)
    assert drawn[3] == "  NoSuchImage: no [31msuch"
    assert drawn[4].startswith(f"  [1/2] {'x' * 36}…")
    assert drawn[4].endswith(" ▏")


def test_no_spans_are_no_lines() -> None:
    assert lines([]) == []


def test_a_narrow_terminal_gets_short_bars() -> None:
    assert lines([span(1, "", "POST", 0, 10)], 10)[2].endswith(f"  {'█' * 20}")


@pytest.mark.parametrize(("nanoseconds", "text"), [(1_234_567, "1.2 ms"), (999 * MS, "999.0 ms"), (2_345 * MS, "2.35 s")])
def test_lengths_of_time(nanoseconds: int, text: str) -> None:
    assert duration(nanoseconds) == text
