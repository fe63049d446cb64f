"""Labels and environment variables that options choose."""

from pathlib import Path

import pytest

from sdk.drivers.logs import LogContext
from sdk.errors import InvalidArgument
from sdk.logfiles.attributes import attributes_of, check_attributes


def chosen(options: dict[str, str]) -> dict[str, str]:
    labels, env = {"a": "label", "a.b": "1"}, ("a=variable", "B", "C=1=2")
    return attributes_of(LogContext("id", "box", "image", Path("/"), options, labels, env))


@pytest.mark.parametrize(
    ("options", "attributes"),
    [
        ({}, {}),
        ({"labels": "a,x"}, {"a": "label"}),
        ({"labels": "a", "env": "a"}, {"a": "variable"}),
        ({"labels-regex": "^a[.]"}, {"a.b": "1"}),
        ({"env": "B", "env-regex": "^C$"}, {"B": "", "C": "1=2"}),
    ],
)
def test_what_options_choose(options: dict[str, str], attributes: dict[str, str]) -> None:
    assert chosen(options) == attributes


@pytest.mark.parametrize("key", ["labels-regex", "env-regex"])
def test_a_pattern_that_is_none(key: str) -> None:
    with pytest.raises(InvalidArgument, match="error parsing regexp"):
        check_attributes({key: "("})
