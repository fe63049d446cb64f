"""/dev/shm that containers share (`--ipc=shareable`, `--ipc=container:...`): a tmpfs in the first one's bundle, of a size of its own."""

from contextlib import suppress
from pathlib import Path

from sdk.errors import InvalidArgument
from sdk.linux.mount import MountFlag, UnmountFlag, mount, umount
from sdk.oci.runtime import Mount

SHARED = "shm"
"""The directory of a bundle that has the shared memory."""

_FLAGS = MountFlag.NOSUID | MountFlag.NOEXEC | MountFlag.NODEV


def _directory(bundle: Path) -> Path:
    return bundle / SHARED


def _mount(directory: Path) -> Mount:
    return Mount("/dev/shm", "bind", str(directory), ("rbind", "nosuid", "noexec", "nodev"))


def shareable_memory(bundle: Path, size: int) -> Mount:
    """Make a container's shared memory of `size` bytes and return its mount; idempotent. Raises OSError."""
    directory = _directory(bundle)
    directory.mkdir(exist_ok=True)
    if not directory.is_mount():
        mount("shm", str(directory), "tmpfs", _FLAGS, f"mode=1777,size={size}")
    return _mount(directory)


def joined_memory(owner_id: str, owner_bundle: Path) -> Mount:
    """Return the mount of another container's shared memory. Raises InvalidArgument if it does not share it."""
    directory = _directory(owner_bundle)
    if not directory.is_dir():
        raise InvalidArgument(
            f"failed to join IPC namespace: container {owner_id}: non-shareable IPC "
            "(hint: use IpcMode:shareable for the donor container)"
        )
    return _mount(directory)


def release_memory(bundle: Path) -> None:
    """Let go of a container's shared memory, which lives on with those who joined it; idempotent."""
    with suppress(OSError):
        umount(str(_directory(bundle)), UnmountFlag.DETACH | UnmountFlag.NOFOLLOW)
