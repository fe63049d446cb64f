"""The capabilities that programs begun by a thread cannot get (capabilities(7), "bounding set")."""

from contextlib import suppress

from sdk.linux.libc import prctl

CAP_SYS_PTRACE = 19

_PR_CAPBSET_DROP = 24


def withhold_from_programs(capability: int) -> None:
    """Let no program that the calling thread begins from now on have a capability; the thread itself keeps it. There is no way back: call
    it in a thread that ends afterwards. Does nothing for a thread that may not do that. Raises OSError."""
    with suppress(PermissionError):
        prctl(_PR_CAPBSET_DROP, capability)
