"""The mounts every Linux container has (runtime-spec: config-linux.md "Default Filesystems"), and how options change them."""

from collections.abc import Iterable

from msgspec.structs import replace

from sdk.engine.config import HostConfig
from sdk.engine.modes import NamespaceKind
from sdk.oci.runtime import Mount

SHM_SIZE = 64 << 20
"""Bytes of /dev/shm unless `--shm-size` says otherwise."""

ALWAYS_WRITABLE = frozenset(("/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue"))
"""What stays writable under `--read-only`: it is the kernel's or dies with the container."""

PROC = Mount("/proc", "proc", "proc", ("nosuid", "noexec", "nodev"))
DEV = Mount("/dev", "tmpfs", "tmpfs", ("nosuid", "strictatime", "mode=755", "size=65536k"))
PTS = Mount("/dev/pts", "devpts", "devpts", ("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"))
MQUEUE = Mount("/dev/mqueue", "mqueue", "mqueue", ("nosuid", "noexec", "nodev"))
HOST_SHM = Mount("/dev/shm", "bind", "/dev/shm", ("rbind", "nosuid", "noexec", "nodev"))


def _sys(access: str) -> Mount:
    return Mount("/sys", "sysfs", "sysfs", ("nosuid", "noexec", "nodev", access))


def _cgroup(access: str) -> Mount:
    return Mount("/sys/fs/cgroup", "cgroup", "cgroup", (access, "nosuid", "noexec", "nodev"))


def _shm(size: int) -> Mount:
    return Mount("/dev/shm", "tmpfs", "shm", ("nosuid", "noexec", "nodev", "mode=1777", f"size={size or SHM_SIZE}"))


def _ipc(host: HostConfig) -> tuple[Mount, ...]:
    if host.ipc_mode.is_host:
        return (MQUEUE, HOST_SHM)  # a queue file system shows the queues of the namespace it is mounted in
    if host.ipc_mode.kind is NamespaceKind.NONE:
        return (MQUEUE,)
    return (MQUEUE, _shm(host.shm_size))


def _system(host: HostConfig, *, writable_cgroups: bool) -> tuple[Mount, ...]:
    access = "rw" if host.privileged else "ro"
    cgroup_access = "rw" if host.privileged or writable_cgroups else "ro"
    return (PROC, DEV, PTS, _sys(access), _cgroup(cgroup_access), *_ipc(host))


def _depth(mount: Mount) -> int:
    return 0 if mount.destination == "/" else mount.destination.rstrip("/").count("/")


def _readonly(mount: Mount) -> Mount:
    if mount.destination in ALWAYS_WRITABLE or "ro" in mount.options:
        return mount
    return replace(mount, options=(*(option for option in mount.options if option != "rw"), "ro"))


def container_mounts(host: HostConfig, mounts: Iterable[Mount], *, writable_cgroups: bool = False) -> tuple[Mount, ...]:
    """Return the system's mounts and then the container's own, parents before children.

    A mount of the container's own replaces the system's at the same destination, and one at /dev all of those below as well.
    """
    own = sorted(mounts, key=_depth)
    taken = {mount.destination.rstrip("/") for mount in own}
    system = [
        mount
        for mount in _system(host, writable_cgroups=writable_cgroups)
        if mount.destination not in taken and not ("/dev" in taken and mount.destination.startswith("/dev/"))
    ]
    return (*(map(_readonly, system) if host.readonly_rootfs else system), *own)
