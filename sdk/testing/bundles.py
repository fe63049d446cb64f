"""Bundles for tests of runtimes: a root file system of busybox, and specs for one."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from sdk.drivers.runtime import Bundle
from sdk.drivers.storage import Mount
from sdk.oci import runtime as oci

PATH = "PATH=/bin"

DEFAULT_CAPABILITIES = ("CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_NET_RAW")

MOUNTS = (
    oci.Mount("/proc", "proc", "proc", ("nosuid", "noexec", "nodev")),
    oci.Mount("/dev", "tmpfs", "tmpfs", ("nosuid", "strictatime", "mode=755", "size=65536k")),
    oci.Mount("/dev/pts", "devpts", "devpts", ("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5")),
    oci.Mount("/sys", "sysfs", "sysfs", ("nosuid", "noexec", "nodev", "ro")),
    oci.Mount("/dev/mqueue", "mqueue", "mqueue", ("nosuid", "noexec", "nodev")),
    oci.Mount("/dev/shm", "tmpfs", "shm", ("nosuid", "noexec", "nodev", "mode=1777", "size=65536k")),
)

DEVICE_RULES = (
    oci.DeviceRule(allow=False),
    oci.DeviceRule(allow=True, type="c", access="m"),
    *(oci.DeviceRule(allow=True, type="c", major=1, minor=minor) for minor in (3, 5, 7, 8, 9)),
    oci.DeviceRule(allow=True, type="c", major=5),
    oci.DeviceRule(allow=True, type="c", major=136),
)


def static_busybox() -> Path | None:
    """Return this machine's busybox if it runs without libraries (Debian's busybox-static); None otherwise."""
    found = shutil.which("busybox")
    if found is None or b"ld-linux" in Path(found).read_bytes()[:1024]:
        return None
    return Path(found)


def busybox_root(directory: Path, busybox: Path) -> Path:
    """Make a small root file system in `directory` and return it. /etc/plain is not executable."""
    for name in ("bin", "etc", "proc", "sys", "dev", "tmp", "data"):
        (directory / name).mkdir(parents=True)
    shutil.copy(busybox, directory / "bin/busybox")
    for applet in subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split():
        if applet != "busybox":
            os.symlink("busybox", directory / "bin" / applet)
    (directory / "tmp").chmod(0o1777)
    (directory / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\n")
    (directory / "etc/plain").write_text("not a program\n")
    return directory


def process(*args: str, terminal: bool = False, user: oci.User | None = None, env: tuple[str, ...] = ()) -> oci.Process:
    """Return a process with a modest set of capabilities, root's unless `user` is another."""
    user = user or oci.User()
    held = DEFAULT_CAPABILITIES if user.uid == 0 else ()
    return oci.Process(
        args=args,
        cwd="/",
        user=user,
        env=(PATH, *env),
        terminal=terminal,
        capabilities=oci.Capabilities(bounding=DEFAULT_CAPABILITIES, effective=held, permitted=held),
    )


def container_spec(first: oci.Process, limits: oci.Resources | None = None) -> oci.Spec:
    """Return a spec with namespaces of its own, and the usual device rules beside the limits."""
    linux = oci.Linux(
        namespaces=tuple(oci.Namespace(kind) for kind in ("pid", "network", "mount", "ipc", "uts")),
        resources=replace(limits or oci.Resources(), devices=DEVICE_RULES),
        masked_paths=("/proc/kcore", "/sys/firmware"),
        readonly_paths=("/proc/sys",),
    )
    root = oci.Root("rootfs")
    return oci.Spec(oci_version="1.0.2", process=first, root=root, hostname="contract", mounts=MOUNTS, linux=linux)


def with_linux(spec: oci.Spec, **fields: object) -> oci.Spec:
    """Return the spec with fields of its Linux part replaced."""
    return replace(spec, linux=replace(spec.linux, **fields))


@dataclass(slots=True)
class BundleFactory:
    """Makes bundles whose root is a read-only busybox below an empty writable layer. `directory` must be on tmpfs."""

    directory: Path
    lower: Path
    prefix: str
    made: dict[str, Path] = field(default_factory=dict)

    def bundle(self, spec: oci.Spec, container_id: str = "") -> Bundle:
        """Return a bundle in a directory of its own."""
        container_id = container_id or f"{self.prefix}{len(self.made)}"
        home = self.directory / container_id
        for name in ("bundle", "upper", "work"):
            (home / name).mkdir(parents=True)
        self.made[container_id] = home / "bundle"
        layers = (f"lowerdir={self.lower}", f"upperdir={home / 'upper'}", f"workdir={home / 'work'}")
        return Bundle(container_id, home / "bundle", spec, (Mount("overlay", "overlay", layers),))

    def path(self, container_id: str) -> Path:
        """Return the bundle directory of a container made here."""
        return self.made[container_id]

    def upper(self, container_id: str) -> Path:
        """Return where a container's changes are on the host."""
        return self.made[container_id].parent / "upper"
