"""Remove what the audit found."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from core.host.traces import Trace
from sdk.linux.links import open_iproute
from sdk.linux.mount import UnmountFlag, umount

_PATIENCE_SECONDS = 2.0


def remove(trace: Trace) -> None:
    """Remove one leaked object; idempotent. What resists stays: a second audit tells."""
    with suppress(OSError):
        _REMOVERS[trace.kind](trace.name)


def _kill(name: str) -> None:
    pid = int(name.split(maxsplit=1)[0])
    descriptor = os.pidfd_open(pid)
    try:
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    finally:
        os.close(descriptor)
    _until_gone(Path(f"/proc/{pid}"))


def _until_gone(path: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)


def _delete_link(name: str) -> None:
    with open_iproute() as route:
        for index in route.link_lookup(ifname=name):
            route.link("del", index=index)


def _delete_table(name: str) -> None:
    from pyroute2.nftables.main import NFTables  # noqa: PLC0415 as above

    with NFTables(nfgen_family=1) as nftables:
        nftables.table("del", name=name)


def _delete_file(name: str) -> None:
    path = Path(name)
    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _unmount(name: str) -> None:
    umount(name, UnmountFlag.DETACH)


_REMOVERS: Mapping[str, Callable[[str], None]] = {
    "process": _kill,
    "cgroup": os.rmdir,
    "mount": _unmount,
    "file": _delete_file,
    "link": _delete_link,
    "bridge": _delete_link,
    "table": _delete_table,
}
