"""What this kernel offers of what containers need; found by asking it, not by its version."""

import ctypes
import errno
import fcntl
import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sdk.linux.cgroups.mounts import cgroup_mounts
from sdk.linux.libc import libc

# Numbers from 424 on are the same on every architecture.
_OPEN_TREE, _FSOPEN, _CLONE3, _CLOSE_RANGE, _OPENAT2, _PIDFD_GETFD, _MOUNT_SETATTR = 428, 430, 435, 436, 437, 438, 442

_NAMESPACES = ("mnt", "pid", "net", "ipc", "uts", "cgroup")

_NETLINK_NETFILTER = 12
_GET_GENERATION = (10 << 8) | 16  # NFNL_SUBSYS_NFTABLES, NFT_MSG_GETGEN


@dataclass(frozen=True, slots=True)
class Feature:
    """One ability of the kernel. Without a `needed` one containers cannot run as they should; `why` says what it is for."""

    name: str
    found: bool
    detail: str
    needed: bool
    why: str


def features() -> list[Feature]:
    """Return all features, needed ones first."""
    return sorted(_features(), key=lambda feature: not feature.needed)


def _features() -> Iterator[Feature]:
    release = os.uname().release
    yield Feature("root", os.geteuid() == 0, f"uid {os.geteuid()}", needed=True, why="namespaces, mounts and cgroups")
    yield Feature(
        "overlayfs", _file_system("overlay"), f"kernel {release}", needed=True, why="storage driver overlay (vfs works without)"
    )
    yield _namespaces()
    yield from _cgroups()
    yield Feature("nftables", _has_nftables(), "", needed=True, why="published ports and masquerading of network driver bridge")
    actions = _read("/proc/sys/kernel/seccomp/actions_avail")
    yield Feature("seccomp", "errno" in actions, actions, needed=True, why="the default system call filter")
    yield Feature("pidfd_getfd", _has_call(_PIDFD_GETFD, -1, -1, 0), "", needed=True, why="taking containers over after a restart")
    yield Feature(
        "memfd sealing", _can_seal(), "", needed=True, why="starting containers from a program that no process can change"
    )
    yield Feature("clone3", _has_call(_CLONE3, 0, 0), "", needed=True, why="starting containers in their namespaces at once")
    yield Feature("close_range", _has_call(_CLOSE_RANGE, 1, 0, 0), "", needed=True, why="leaking no descriptor into a container")
    yield Feature("openat2", _has_call(_OPENAT2, -1, 0, 0, 0), "", needed=True, why="paths that cannot leave a container's root")
    yield Feature("fsopen", _has_call(_FSOPEN, 0, 0), "", needed=False, why="overlay mounts of very many layers")
    yield Feature("mount_setattr", _has_call(_MOUNT_SETATTR, -1, 0, 0, 0, 0), "", needed=False, why="recursively read-only binds")
    users = _read("/proc/sys/user/max_user_namespaces") or "0"
    yield Feature("user namespaces", int(users) > 0, f"at most {users}", needed=False, why="remapped users")
    yield Feature("tmpfs", _file_system("tmpfs"), "", needed=True, why="/dev and the exec root")


def _namespaces() -> Feature:
    missing = [name for name in _NAMESPACES if not Path(f"/proc/self/ns/{name}").exists()]
    detail = f"without {' '.join(missing)}" if missing else " ".join(_NAMESPACES)
    return Feature("namespaces", not missing, detail, needed=True, why="isolation")


def _cgroups() -> Iterator[Feature]:
    mounts = cgroup_mounts()
    named, version = mounts.controllers, mounts.version
    v2 = _read(f"{mounts.unified}/cgroup.controllers").split() if mounts.unified else []
    detail = f"version {version}: {' '.join(v2 if version == 2 else sorted(named))}" if (named or v2) else "not mounted"
    yield Feature("cgroups", bool(named or v2), detail, needed=True, why="limits, statistics and stopping whole containers")
    for controller in ("memory", "cpu", "pids"):
        found = controller in v2 or controller in named
        yield Feature(f"cgroup {controller}", found, "", needed=True, why=f"limits on {controller}")
    freezer = version == 2 or "freezer" in named
    yield Feature("cgroup freezer", freezer, "", needed=True, why="pause")


def _file_system(name: str) -> bool:
    return any(line.split()[-1] == name for line in _read("/proc/filesystems").splitlines())


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _has_call(number: int, *arguments: int) -> bool:
    """Tell whether the kernel knows a system call, made with arguments it must refuse."""
    ctypes.set_errno(0)
    libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments))
    return ctypes.get_errno() != errno.ENOSYS


def _can_seal() -> bool:
    try:
        with open(os.memfd_create("core", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING), "wb") as memory:
            fcntl.fcntl(memory, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)
    except OSError:
        return False
    return True


def _has_nftables() -> bool:
    """Ask nf_tables for its generation (linux/netfilter/nf_tables.h); a kernel without it answers with an error."""
    request = struct.pack("=IHHIIBBH", 20, _GET_GENERATION, 1, 1, 0, 0, 0, 0)
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_NETFILTER) as netlink:
            netlink.settimeout(2)
            netlink.send(request)
            kind: int = struct.unpack_from("=H", netlink.recv(4096), 4)[0]
    except OSError:
        return False
    return kind != 2  # NLMSG_ERROR
