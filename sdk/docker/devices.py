"""`--device-cgroup-rule`: `c 1:3 rwm`."""

import re

from sdk.errors import InvalidArgument
from sdk.numbers import BadNumber, parse_int64
from sdk.oci.runtime import DeviceRule

_RULE = re.compile(r"([acb]) ([0-9]+|\*):([0-9]+|\*) ([rwm]{1,3})")


def parse_device_rule(text: str) -> DeviceRule:
    """Return the rule that a text spells. Raises InvalidArgument."""
    match = _RULE.fullmatch(text)
    if not match:
        raise InvalidArgument(f"invalid device cgroup rule format: '{text}'")
    kind, major, minor, access = match.groups()
    return DeviceRule(
        allow=True, type=kind, major=_number("major", major, text), minor=_number("minor", minor, text), access=access
    )


def shown_device_rule(rule: DeviceRule) -> str:
    """Return what `parse_device_rule` reads."""
    major, minor = ("*" if number is None else str(number) for number in (rule.major, rule.minor))
    return f"{rule.type} {major}:{minor} {rule.access}"


def _number(side: str, number: str, rule: str) -> int | None:
    try:
        return None if number == "*" else parse_int64(number)
    except BadNumber:
        raise InvalidArgument(f"invalid {side} value in device cgroup rule format: '{rule}'") from None
