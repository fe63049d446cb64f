"""Whether this kernel has macvlan."""

import subprocess
from functools import cache

import pytest

_TRY = "ip link add one type veth peer name two && ip link add three link one type macvlan"


@cache
def _has_macvlan() -> bool:
    return subprocess.run(["unshare", "--net", "sh", "-c", _TRY], capture_output=True).returncode == 0


def require_macvlan() -> None:
    """Skip the test on a kernel without macvlan."""
    if not _has_macvlan():
        pytest.skip("this kernel has no macvlan")
