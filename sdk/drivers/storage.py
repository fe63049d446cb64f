"""Storage drivers: where layers and containers' file systems live.

Vocabulary (containerd's):

- A *layer directory* holds one layer's difference in overlayfs' on-disk form: a deleted name is a character device 0:0, an
  opaque directory carries the xattr `trusted.overlay.opaque=y`. Layers are unpacked without their parent, in parallel.
- A *committed* snapshot is immutable and named by its ChainID. An *active* one is writable and named by a key (a container's ID).

Importing layers: `stage(key)` gives an empty directory; the engine unpacks into it; `commit(chain_id, key, parent=...)` turns it
into a committed snapshot on top of its parent. Only commits of one image are ordered, the unpacking is not.

Running a container: `prepare(id, parent=chain_id)`, then `mounts(id)`; the *runtime* performs the mounts inside the container's
own mount namespace, so that nothing is left mounted on the host. `remove(id)` at the end.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sdk.drivers.deadlines import deadline
from sdk.oci.digest import ChainID


@dataclass(frozen=True, slots=True)
class Mount:
    """One mount(2) to be made at the root of a container: file system type, source and mount(8) options.

    Relative paths among the options of an overlay start at `source`, which the process that mounts has to make its working directory:
    that is how the many layers of a deep stack fit in the one page of options that mount(2) takes.
    """

    type: str
    source: str
    options: tuple[str, ...] = ()


class SnapshotKind(StrEnum):
    """What a snapshot is for: being unpacked into, being written by a container, or being the parent of others."""

    STAGED = "staged"
    ACTIVE = "active"
    COMMITTED = "committed"


@dataclass(frozen=True, slots=True)
class SnapshotInfo:
    """`name` is the key of a staged or active snapshot, the ChainID of a committed one."""

    name: str
    kind: SnapshotKind
    parent: ChainID | None


@dataclass(frozen=True, slots=True)
class Usage:
    """What a snapshot alone takes, without its parents. `size` is the sum of file sizes in bytes, hard links counted once; `disk` are the
    bytes allocated for all the driver keeps of it, directories included, as `du --block-size=1` counts; -1 if it cannot tell.
    `inodes` is a count.
    """

    size: int
    inodes: int
    disk: int = -1

    @property
    def allocated(self) -> int:
        """Return the bytes on disk, or the sum of file sizes where the driver cannot tell."""
        return self.size if self.disk < 0 else self.disk


class ChangeKind(StrEnum):
    """The letters of `docker diff`."""

    MODIFIED = "C"
    ADDED = "A"
    DELETED = "D"


@dataclass(frozen=True, slots=True)
class Change:
    """A path that differs from the parent; absolute within the snapshot, bytes are surrogate-escaped."""

    path: str
    kind: ChangeKind


class StorageDriver(ABC):
    """Keeps snapshots. Every method may be called concurrently for different keys and must leave no half-made state when it
    fails or when the process dies in the middle (build aside, then rename)."""

    @abstractmethod
    @deadline(30, idempotent=True)
    async def stage(self, key: str) -> Path:
        """Make an empty layer directory and return its path. A staged directory of the same key is emptied first."""

    @abstractmethod
    @deadline(600)
    async def commit(self, name: ChainID, key: str, *, parent: ChainID | None) -> None:
        """Turn the staged directory `key` into the committed snapshot `name` on top of `parent`.

        If `name` exists already the staged directory is dropped and the call succeeds. Raises NoSuchSnapshot for an unknown
        key or parent.
        """

    @abstractmethod
    @deadline(600)
    async def prepare(self, key: str, *, parent: ChainID | None) -> None:
        """Make the active snapshot `key` on top of `parent` (None: empty). Raises SnapshotExists, NoSuchSnapshot (parent)."""

    @abstractmethod
    @deadline(30, idempotent=True)
    async def mounts(self, key: str, *, readonly: bool = False) -> Sequence[Mount]:
        """Return the mounts that make the active snapshot's root, in order. Mounts nothing. Raises NoSuchSnapshot."""

    @abstractmethod
    @deadline(30, idempotent=True)
    async def read_file(self, key: str, path: str, *, limit: int = 1 << 20) -> bytes | None:
        """Return the content of a regular file as a container of the active snapshot `key` would see it, without mounting.

        Symlinks are resolved inside the snapshot. None if there is no such file; at most `limit` bytes are returned.
        """

    @abstractmethod
    @deadline(600, idempotent=True)
    async def changes(self, key: str) -> Sequence[Change]:
        """Return how the active snapshot differs from its parent, sorted by path, as `docker diff` shows it."""

    @abstractmethod
    @deadline(600, idempotent=True)
    async def usage(self, name: str) -> Usage:
        """Return what a snapshot of any kind takes by itself. Raises NoSuchSnapshot."""

    @abstractmethod
    @deadline(120, idempotent=True)
    async def remove(self, name: str) -> None:
        """Remove a snapshot of any kind; idempotent. Returns once the name is free; deletion may go on in the background.

        Raises Conflict if a committed snapshot still has children.
        """

    @abstractmethod
    @deadline(120, idempotent=True)
    async def list(self) -> Sequence[SnapshotInfo]:
        """Return every snapshot this driver holds."""

    @deadline(30, idempotent=True)
    async def status(self) -> Mapping[str, str]:
        """Return name-value pairs for `docker info` (backing file system and the like)."""
        return {}


class ActiveCommitter(ABC):
    """An optional ability of a storage driver: make a layer of what was written to an active snapshot, without copying it."""

    @abstractmethod
    @deadline(600)
    async def commit_active(self, name: ChainID, key: str) -> None:
        """Turn the active snapshot `key`, which nothing has mounted any more, into the committed snapshot `name` on top of its parent.

        If `name` exists already the active snapshot is dropped and the call succeeds. Raises NoSuchSnapshot for an unknown key.
        """
