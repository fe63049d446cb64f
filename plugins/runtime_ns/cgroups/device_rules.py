"""Which devices a container may use."""

from collections.abc import Sequence

from sdk.oci.runtime import DeviceRule

DEFAULT_RULES = (
    DeviceRule(allow=True, type="c", access="m"),
    DeviceRule(allow=True, type="b", access="m"),
    DeviceRule(allow=True, type="c", major=1, minor=3),
    DeviceRule(allow=True, type="c", major=1, minor=5),
    DeviceRule(allow=True, type="c", major=1, minor=7),
    DeviceRule(allow=True, type="c", major=1, minor=8),
    DeviceRule(allow=True, type="c", major=1, minor=9),
    DeviceRule(allow=True, type="c", major=5, minor=0),
    DeviceRule(allow=True, type="c", major=5, minor=1),
    DeviceRule(allow=True, type="c", major=5, minor=2),
    DeviceRule(allow=True, type="c", major=136),
)
"""Making nodes, and the default devices with terminals (runtime-spec: config-linux.md "Default Devices")."""


def with_defaults(rules: Sequence[DeviceRule]) -> Sequence[DeviceRule]:
    """Return the rules and what every container may use; rules that allow everything need no more."""
    if all(rule.allow and rule.type == "a" for rule in rules):
        return rules
    return (*rules, *(rule for rule in DEFAULT_RULES if rule not in rules))
