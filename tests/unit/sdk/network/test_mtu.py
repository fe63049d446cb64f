"""The MTU that a network's options ask for."""

import pytest

from sdk.errors import InvalidArgument
from sdk.network.mtu import MTU_OPTION, parse_mtu

SYNTAX, RANGE = "invalid syntax", "value out of range"


@pytest.mark.parametrize(
    ("options", "mtu"),
    [
        ({}, 0),
        ({MTU_OPTION: ""}, 0),
        ({MTU_OPTION: "0"}, 0),
        ({MTU_OPTION: "9000"}, 9000),
        ({MTU_OPTION: "999999999"}, 999_999_999),
        ({MTU_OPTION: "0" * 5000 + "1400"}, 1400),
    ],
)
def test_what_is_asked_for(options: dict[str, str], mtu: int) -> None:
    assert parse_mtu(options) == mtu


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("big", SYNTAX),
        ("-1", SYNTAX),
        ("+1400", SYNTAX),
        (" 1400", SYNTAX),
        ("1_400", SYNTAX),
        ("\u0661\u0664", SYNTAX),
        ("\u00b2", SYNTAX),
        ("1000000000", RANGE),
        ("9" * 5000, RANGE),
    ],
)
def test_what_is_no_mtu(text: str, reason: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        parse_mtu({MTU_OPTION: text})
    assert refused.value.message == f'invalid value for {MTU_OPTION}: strconv.Atoi: parsing "{text}": {reason}'
