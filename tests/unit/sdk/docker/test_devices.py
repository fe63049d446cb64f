"""`--device-cgroup-rule` in Docker's syntax."""

import pytest

from sdk.docker.devices import parse_device_rule, shown_device_rule
from sdk.errors import InvalidArgument
from sdk.oci.runtime import DeviceRule


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("c 42:* rmw", DeviceRule(allow=True, type="c", major=42, access="rmw")),
        ("a *:* r", DeviceRule(allow=True, access="r")),
        ("b 8:1 m", DeviceRule(allow=True, type="b", major=8, minor=1, access="m")),
    ],
)
def test_rules(text: str, rule: DeviceRule):
    assert parse_device_rule(text) == rule
    assert shown_device_rule(rule) == text


@pytest.mark.parametrize("text", ["x", "c 1", "c 1:3", "d 1:3 r", "c 1:3 x", "c 1:3 rwmr", ""])
def test_what_is_no_rule_is_refused_in_dockers_words(text: str):
    with pytest.raises(InvalidArgument) as refused:
        parse_device_rule(text)
    assert refused.value.message == f"invalid device cgroup rule format: '{text}'"


@pytest.mark.parametrize("number", ["9223372036854775808", "9" * 5000])
def test_numbers_have_64_bits(number: str):
    for side, text in (("major", f"c {number}:1 r"), ("minor", f"c 1:{number} r")):
        with pytest.raises(InvalidArgument) as refused:
            parse_device_rule(text)
        assert refused.value.message == f"invalid {side} value in device cgroup rule format: '{text}'"
    assert parse_device_rule(f"c {'0' * 5000}1:* r") == DeviceRule(allow=True, type="c", major=1, access="r")
