"""Capabilities by name."""

import pytest

from plugins.runtime_ns.steps.capabilities import CapabilitySets, all_capabilities, capability_sets
from sdk.errors import InvalidArgument
from sdk.linux.capabilities import NAMES
from sdk.oci.runtime import Capabilities

EVERYTHING = (1 << len(NAMES)) - 1


def test_numbers_are_the_kernels() -> None:
    assert [NAMES.index(name) for name in ("CAP_CHOWN", "CAP_SYS_ADMIN", "CAP_SYS_RESOURCE", "CAP_CHECKPOINT_RESTORE")] == [
        0,
        21,
        24,
        40,
    ]


def test_sets_never_hold_what_the_daemon_has_not() -> None:
    names = Capabilities(bounding=("CAP_CHOWN", "CAP_KILL"), effective=("CAP_KILL",), ambient=("CAP_KILL",))
    assert capability_sets(names, EVERYTHING) == CapabilitySets(bounding=33, effective=32, ambient=32)
    assert capability_sets(names, 1) == CapabilitySets(bounding=1)


def test_no_capabilities_are_none() -> None:
    assert capability_sets(None, EVERYTHING) == CapabilitySets()


def test_a_privileged_process_has_what_the_daemon_has() -> None:
    assert all_capabilities(5) == CapabilitySets(5, 5, 5)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(InvalidArgument, match='unknown capability "CAP_FLY"'):
        capability_sets(Capabilities(bounding=("CAP_FLY",)), EVERYTHING)
