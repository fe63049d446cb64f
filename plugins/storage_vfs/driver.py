"""The vfs driver: every snapshot is a whole copy. Slow and large, but it works on any file system."""

import contextlib
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread

from sdk.drivers.storage import Change, Mount, SnapshotInfo, SnapshotKind, StorageDriver, Usage
from sdk.errors import SnapshotExists
from sdk.linux.openat import open_in_root
from sdk.oci.digest import ChainID
from sdk.storage.applying import apply_layer
from sdk.storage.comparing import tree_changes
from sdk.storage.copying import copy_tree
from sdk.storage.snapshots import SnapshotTree

T = TypeVar("T")
P = ParamSpec("P")

_THREADS = 8


class VfsDriver(StorageDriver):
    """Snapshots in `root`."""

    def __init__(self, root: Path) -> None:
        self._tree = SnapshotTree(root)
        self._limiter = anyio.CapacityLimiter(_THREADS)

    def close(self) -> None:
        """Stop deleting in the background."""
        self._tree.close()

    async def stage(self, key: str) -> Path:
        return await self._run(self._tree.stage, key)

    async def commit(self, name: ChainID, key: str, *, parent: ChainID | None) -> None:
        await self._run(self._commit, name, key, parent)

    async def prepare(self, key: str, *, parent: ChainID | None) -> None:
        await self._run(self._prepare, SnapshotInfo(key, SnapshotKind.ACTIVE, parent))

    async def mounts(self, key: str, *, readonly: bool = False) -> Sequence[Mount]:
        files = self._tree.files(self._tree.get(key, SnapshotKind.ACTIVE))
        return (Mount("bind", str(files), ("rbind", "ro" if readonly else "rw")),)

    async def read_file(self, key: str, path: str, *, limit: int = 1 << 20) -> bytes | None:
        return await self._run(_read_file, self._tree.files(self._tree.get(key, SnapshotKind.ACTIVE)), path, limit)

    async def changes(self, key: str) -> Sequence[Change]:
        info = self._tree.get(key, SnapshotKind.ACTIVE)
        below = self._tree.files(self._tree.get(info.parent)) if info.parent else None
        return await self._run(tree_changes, self._tree.files(info), below)

    async def usage(self, name: str) -> Usage:
        return await self._run(self._tree.usage, name)

    async def remove(self, name: str) -> None:
        await self._run(self._tree.remove, name)

    async def list(self) -> Sequence[SnapshotInfo]:
        return self._tree.snapshots()

    async def status(self) -> Mapping[str, str]:
        return {}

    async def _run(self, work: Callable[P, T], *arguments: P.args, **keywords: P.kwargs) -> T:
        return await anyio.to_thread.run_sync(lambda: work(*arguments, **keywords), limiter=self._limiter)

    def _commit(self, name: ChainID, key: str, parent: ChainID | None) -> None:
        staged = self._tree.get(key, SnapshotKind.STAGED)
        with contextlib.suppress(SnapshotExists), self._tree.making(SnapshotInfo(name, SnapshotKind.COMMITTED, parent)) as aside:
            self._fill(aside, parent)
            apply_layer(str(self._tree.files(staged)), str(aside / "fs"))
        self._tree.discard(staged)

    def _prepare(self, info: SnapshotInfo) -> None:
        with self._tree.making(info) as aside:
            self._fill(aside, info.parent)

    def _fill(self, aside: Path, parent: ChainID | None) -> None:
        if parent is None:
            os.mkdir(aside / "fs", 0o755)
        else:
            copy_tree(str(self._tree.files(self._tree.get(parent, SnapshotKind.COMMITTED))), str(aside / "fs"))


def _read_file(root: Path, path: str, limit: int) -> bytes | None:
    directory = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        found = open_in_root(directory, path or "/", os.O_PATH)
    except OSError:
        return None
    finally:
        os.close(directory)
    try:
        if not stat.S_ISREG(os.fstat(found).st_mode):
            return None
        with open(f"/proc/self/fd/{found}", "rb") as file:
            return file.read(limit)
    finally:
        os.close(found)
