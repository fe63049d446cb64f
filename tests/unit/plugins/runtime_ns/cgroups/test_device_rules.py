"""Which devices every container may use."""

from plugins.runtime_ns.cgroups.device_rules import DEFAULT_RULES, with_defaults
from sdk.oci.runtime import DeviceRule

DENY, ALLOW = DeviceRule(allow=False), DeviceRule(allow=True)


def test_the_defaults_come_after_what_was_asked_for() -> None:
    disk = DeviceRule(allow=True, type="b", major=8)
    assert with_defaults((DENY, disk)) == (DENY, disk, *DEFAULT_RULES)
    assert with_defaults((DENY,)) == (DENY, *DEFAULT_RULES)


def test_a_default_that_was_asked_for_is_not_repeated() -> None:
    assert with_defaults((DENY, DEFAULT_RULES[3])) == (DENY, DEFAULT_RULES[3], *DEFAULT_RULES[:3], *DEFAULT_RULES[4:])


def test_where_everything_is_allowed_nothing_is_added() -> None:
    assert with_defaults((ALLOW,)) == (ALLOW,)
    assert with_defaults((ALLOW, DENY))[2:] == DEFAULT_RULES
