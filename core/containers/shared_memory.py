"""/dev/shm that containers share (`--ipc=shareable`, `--ipc=container:...`): a directory of the first one's bundle, which is on tmpfs."""

from pathlib import Path

from sdk.errors import InvalidArgument
from sdk.oci.runtime import Mount

SHAREABLE = "shareable"


def _directory(bundle: Path) -> Path:
    return bundle / "shm"


def _mount(directory: Path) -> Mount:
    return Mount("/dev/shm", "bind", str(directory), ("rbind", "nosuid", "noexec", "nodev"))


def shareable_memory(bundle: Path) -> Mount:
    """Make a container's shared memory and return its mount; idempotent."""
    directory = _directory(bundle)
    directory.mkdir(exist_ok=True)
    directory.chmod(0o1777)
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
