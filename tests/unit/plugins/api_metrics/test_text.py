"""The text, literally."""

import pytest

from plugins.api_metrics.text import Family, Format, Type, labels_of, render

GAUGE = Family("box_memory_bytes", Type.GAUGE, "Memory.")
COUNTER = Family("box_cpu_seconds_total", Type.COUNTER, "CPU time.")
ODD_COUNTER = Family("box_failcnt", Type.COUNTER, "Failures.")
ODD_GAUGE = Family("box_listeners_total", Type.GAUGE, "Listeners.")
ALL = [
    (GAUGE, [('name="a"', 1), ('name="b"', 0)]),
    (COUNTER, [("", 0.25)]),
    (ODD_COUNTER, [("", 2)]),
    (ODD_GAUGE, [("", 3)]),
    (Family("box_none", Type.GAUGE, "Nothing."), []),
]


def test_the_classic_format() -> None:
    assert render(ALL, Format.TEXT).decode() == (
        "# HELP box_memory_bytes Memory.\n"
        "# TYPE box_memory_bytes gauge\n"
        'box_memory_bytes{name="a"} 1\n'
        'box_memory_bytes{name="b"} 0\n'
        "# HELP box_cpu_seconds_total CPU time.\n"
        "# TYPE box_cpu_seconds_total counter\n"
        "box_cpu_seconds_total 0.25\n"
        "# HELP box_failcnt Failures.\n"
        "# TYPE box_failcnt counter\n"
        "box_failcnt 2\n"
        "# HELP box_listeners_total Listeners.\n"
        "# TYPE box_listeners_total gauge\n"
        "box_listeners_total 3\n"
    )


def test_openmetrics() -> None:
    """Its counters end in `_total` and their families do not; what does not fit has no type."""
    assert render(ALL, Format.OPENMETRICS).decode() == (
        "# HELP box_memory_bytes Memory.\n"
        "# TYPE box_memory_bytes gauge\n"
        'box_memory_bytes{name="a"} 1\n'
        'box_memory_bytes{name="b"} 0\n'
        "# HELP box_cpu_seconds CPU time.\n"
        "# TYPE box_cpu_seconds counter\n"
        "box_cpu_seconds_total 0.25\n"
        "# HELP box_failcnt Failures.\n"
        "# TYPE box_failcnt unknown\n"
        "box_failcnt 2\n"
        "# HELP box_listeners_total Listeners.\n"
        "# TYPE box_listeners_total unknown\n"
        "box_listeners_total 3\n"
        "# EOF\n"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", 'x="plain"'),
        ('a"b', r'x="a\"b"'),
        ("a\\b", r'x="a\\b"'),
        ("a\nb", r'x="a\nb"'),
        ("\\n", r'x="\\n"'),
        ("grün {},=", 'x="grün {},="'),
        ("", 'x=""'),
    ],
)
def test_values_of_labels_are_escaped(value: str, text: str) -> None:
    assert labels_of({"x": value}) == text


def test_a_value_that_is_no_unicode_does_not_break_the_text() -> None:
    assert render([(GAUGE, [(labels_of({"x": "a\udcff"}), 1)])], Format.TEXT).endswith(b'box_memory_bytes{x="a?"} 1\n')
