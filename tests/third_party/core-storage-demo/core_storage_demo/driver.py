"""The driver: a committed snapshot is a whole tree, and a container's root an overlay of one such tree and what the container writes.

However many layers an image has, overlayfs looks in two places. Bookkeeping, layers, copies and comparing are the sdk's.
"""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

import anyio

from sdk.drivers.storage import Change, Mount, SnapshotInfo, SnapshotKind, StorageDriver, Usage
from sdk.errors import SnapshotExists
from sdk.linux.detached import detached
from sdk.linux.openat import open_in_root
from sdk.oci.digest import ChainID
from sdk.storage.applying import apply_layer
from sdk.storage.comparing import tree_changes
from sdk.storage.copying import copy_tree
from sdk.storage.snapshots import SnapshotTree

T = TypeVar("T")


class DemoDriver(StorageDriver):
    """Snapshots below one directory; `options` are overlayfs mount options that every mount gets."""

    def __init__(self, root: Path, options: Sequence[str]) -> None:
        self._tree = SnapshotTree(root)
        self._options = options
        self._limiter = anyio.CapacityLimiter(4)

    def close(self) -> None:
        """Stop deleting in the background."""
        self._tree.close()

    async def stage(self, key: str) -> Path:
        return await self._run(partial(self._tree.stage, key))

    async def commit(self, name: ChainID, key: str, *, parent: ChainID | None) -> None:
        await self._run(partial(self._commit, name, key, parent))

    async def prepare(self, key: str, *, parent: ChainID | None) -> None:
        await self._run(partial(self._prepare, SnapshotInfo(key, SnapshotKind.ACTIVE, parent)))

    async def mounts(self, key: str, *, readonly: bool = False) -> Sequence[Mount]:
        return (self._mount(self._active(key), readonly=readonly),)

    async def read_file(self, key: str, path: str, *, limit: int = 1 << 20) -> bytes | None:
        return await self._run(partial(self._read, self._active(key), path, limit))

    async def changes(self, key: str) -> Sequence[Change]:
        return await self._run(partial(self._changes, self._active(key)))

    async def usage(self, name: str) -> Usage:
        return await self._run(partial(self._tree.usage, name))

    async def remove(self, name: str) -> None:
        await self._run(partial(self._tree.remove, name))

    async def list(self) -> Sequence[SnapshotInfo]:
        return self._tree.snapshots()

    def _active(self, key: str) -> SnapshotInfo:
        return self._tree.get(key, SnapshotKind.ACTIVE)

    def _below(self, info: SnapshotInfo) -> Path | None:
        """Return the tree that a snapshot is on top of."""
        return self._tree.files(self._tree.get(info.parent, SnapshotKind.COMMITTED)) if info.parent else None

    def _mount(self, active: SnapshotInfo, *, readonly: bool) -> Mount:
        upper, lower, work = self._tree.files(active), self._below(active), self._tree.directory(active) / "work"
        if lower is None:
            return Mount("bind", str(upper), ("rbind", "ro" if readonly else "rw"))
        if readonly:  # without an upper directory overlayfs writes nothing
            return Mount("overlay", "overlay", ("ro", f"lowerdir={upper}:{lower}", *self._options))
        return Mount("overlay", "overlay", (f"lowerdir={lower}", f"upperdir={upper}", f"workdir={work}", *self._options))

    @contextmanager
    def _mounted(self, active: SnapshotInfo) -> Iterator[int]:
        """Give a descriptor of a container's root, mounted to be read, and nowhere that another process sees."""
        root = detached([self._mount(active, readonly=True)])
        try:
            yield root
        finally:
            os.close(root)

    def _read(self, active: SnapshotInfo, path: str, limit: int) -> bytes | None:
        with self._mounted(active) as root:
            try:
                found = open_in_root(root, path or "/", os.O_PATH)  # only looked at: to open a device may do something
            except OSError:
                return None
            try:
                if not stat.S_ISREG(os.fstat(found).st_mode):
                    return None
                with open(f"/proc/self/fd/{found}", "rb") as file:
                    return file.read(limit)
            finally:
                os.close(found)

    def _changes(self, active: SnapshotInfo) -> Sequence[Change]:
        with self._mounted(active) as root:
            return tree_changes(Path(f"/proc/self/fd/{root}"), self._below(active))

    def _commit(self, name: ChainID, key: str, parent: ChainID | None) -> None:
        staged = self._tree.get(key, SnapshotKind.STAGED)
        info = SnapshotInfo(name, SnapshotKind.COMMITTED, parent)
        with suppress(SnapshotExists), self._tree.making(info) as aside:
            below = self._below(info)
            if below is None:
                (aside / "fs").mkdir(mode=0o755)
            else:
                copy_tree(str(below), str(aside / "fs"))
            apply_layer(str(self._tree.files(staged)), str(aside / "fs"))
        self._tree.discard(staged)

    def _prepare(self, info: SnapshotInfo) -> None:
        with self._tree.making(info) as aside:
            (aside / "fs").mkdir(mode=0o755)
            (aside / "work").mkdir(mode=0o700)

    async def _run(self, work: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(work, limiter=self._limiter)
