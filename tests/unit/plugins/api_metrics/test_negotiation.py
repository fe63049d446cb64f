"""The format that a client gets."""

import pytest

from plugins.api_metrics.negotiation import choose
from plugins.api_metrics.text import Format

PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


@pytest.mark.parametrize(
    "accept",
    [
        PROMETHEUS,
        "application/openmetrics-text",
        "text/html, Application/OpenMetrics-Text; Version=1.0.0; charset=utf-8",
        'application/openmetrics-text; version="1.0.0"',
    ],
)
def test_openmetrics(accept: str) -> None:
    assert choose(accept) is Format.OPENMETRICS


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "text/html",
        "text/plain;version=0.0.4;q=0.5,application/openmetrics-text;q=0.4",
        "application/openmetrics-text;version=0.0.1",
        "application/openmetrics-text;q=0",
        "application/openmetrics-text;q=nan",
        "application/openmetrics-text;q=x",
        ";;,=,q",
    ],
)
def test_the_classic_format(accept: str) -> None:
    assert choose(accept) is Format.TEXT
