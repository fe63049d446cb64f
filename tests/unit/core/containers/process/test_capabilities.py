"""--cap-add, --cap-drop and what a container has without them."""

from core.containers.process.capabilities import (
    ALL_CAPABILITIES,
    DEFAULT_CAPABILITIES,
    available_capabilities,
    granted_capabilities,
)
from sdk.linux.capabilities import NAMES


def test_the_position_is_the_kernels_number():
    assert NAMES.index("CAP_SYS_ADMIN") == 21
    assert NAMES.index("CAP_CHECKPOINT_RESTORE") == 40


def test_defaults():
    assert set(granted_capabilities()) == set(DEFAULT_CAPABILITIES)


def test_add_and_drop_in_any_spelling():
    granted = granted_capabilities(["net_admin", "CAP_SYS_TIME"], ["Chown", "cap_kill"])
    assert {"CAP_NET_ADMIN", "CAP_SYS_TIME"} <= set(granted)
    assert not {"CAP_CHOWN", "CAP_KILL"} & set(granted)


def test_all():
    assert set(granted_capabilities(["ALL"], ["SYS_ADMIN"])) == ALL_CAPABILITIES - {"CAP_SYS_ADMIN"}
    assert granted_capabilities(["NET_RAW"], ["all"]) == ("CAP_NET_RAW",)
    assert granted_capabilities([], ["ALL"]) == ()


def test_none_is_granted_that_the_daemon_lacks():
    assert granted_capabilities(available=frozenset({"CAP_CHOWN"})) == ("CAP_CHOWN",)
    assert granted_capabilities(["ALL"], available=frozenset({"CAP_CHOWN"})) == ("CAP_CHOWN",)
    assert granted_capabilities(privileged=True, available=frozenset({"CAP_KILL"})) == ("CAP_KILL",)


def test_this_process_has_a_bounding_set():
    assert available_capabilities() <= ALL_CAPABILITIES
