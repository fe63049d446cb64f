"""Removing from the machine all that a daemon made there outside its data root: processes, mounts, links, tables, cgroups, run files."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from core.host.removal import remove
from core.host.traces import Territory, Trace, cgroups, links, mounts, tables
from sdk.linux.links import link_names
from sdk.linux.mountinfo import mount_table

_SHIM = b"core-shim\0"
_PATIENCE = 5.0
_OURS = ("core", "br-", "dm-")
"""How names of links begin that may be a daemon's without having its instance in them."""


def has_left(territory: Territory) -> bool:
    """Tell quickly whether an earlier daemon may have left something; True is no proof."""
    runs = territory.exec_root / "containers"
    if runs.is_dir() and any(runs.iterdir()):
        return True
    if any(name.startswith(_OURS) or territory.token in name for name in link_names()):
        return True
    groups = (Path(mount.path) / f"core-{territory.instance}" for mount in mount_table() if mount.type.startswith("cgroup"))
    return any(group.exists() for group in groups)


def left_on_machine(territory: Territory) -> list[Trace]:
    """Return what there is outside the data root, in an order in which it can be removed."""
    kernel = [*containers(territory), *mounts(territory), *links(territory), *tables(territory), *cgroups(territory)]
    return [*kernel, *run_files(territory)]


def clear_machine(territory: Territory) -> list[Trace]:
    """Remove all of it, containers that run included; return what was there."""
    thaw(territory)
    found = left_on_machine(territory)
    for trace in found:
        _remove(trace)
    deadline = time.monotonic() + _PATIENCE
    while (left := list(cgroups(territory))) and time.monotonic() < deadline:
        for trace in left:
            remove(trace)
        time.sleep(0.02)
    return found


def containers(territory: Territory) -> Iterator[Trace]:
    """Yield the processes of containers and their supervisors, which end last: what else has a file of ours open is not ours."""
    inside = [pid for trace in cgroups(territory) for pid in _processes_in(trace.name)]
    titles = [(pid, _title(pid)) for pid in os.listdir("/proc") if pid.isdigit()]
    shims = [pid for pid, title in titles if title.startswith(_SHIM) and os.fsencode(territory.instance) in title]
    for pid in dict.fromkeys((*inside, *shims)):
        yield Trace("process", f"{pid} {_title(pid).replace(bytes(1), b' ').decode(errors='replace').strip()}")


def run_files(territory: Territory) -> Iterator[Trace]:
    """Yield what is in the exec root, but for what belongs to a daemon that is starting: a service manager may have made its socket."""
    with suppress(FileNotFoundError):
        for entry in sorted(territory.exec_root.iterdir()):
            if entry.name not in ("boot_id", "core.lock", "core.pid") and not entry.is_socket():
                yield Trace("file", str(entry))


def thaw(territory: Territory) -> None:
    """Thaw frozen containers: they could not be killed."""
    for trace in cgroups(territory):
        for name, running in (("freezer.state", "THAWED"), ("cgroup.freeze", "0")):
            with suppress(OSError):
                descriptor = os.open(f"{trace.name}/{name}", os.O_WRONLY | os.O_CLOEXEC)
                try:
                    os.write(descriptor, running.encode())
                finally:
                    os.close(descriptor)


def _remove(trace: Trace) -> None:
    if trace.kind == "process":
        with suppress(ProcessLookupError):
            os.kill(int(trace.name.split(maxsplit=1)[0]), signal.SIGKILL)
    elif trace.kind == "file":
        path = Path(trace.name)
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
    else:
        remove(trace)


def _processes_in(cgroup: str) -> list[str]:
    try:
        return Path(f"{cgroup}/cgroup.procs").read_text().split()
    except OSError:
        return []


def _title(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
