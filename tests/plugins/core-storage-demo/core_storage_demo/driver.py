"""The driver: every snapshot is a tree of its own, copied by cp(1). Bookkeeping, layers and comparing are the sdk's."""

import os
import stat
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

import anyio

from sdk.drivers.storage import Change, Mount, SnapshotInfo, SnapshotKind, StorageDriver, Usage
from sdk.errors import SnapshotExists
from sdk.linux.openat import open_in_root
from sdk.oci.digest import ChainID
from sdk.storage.applying import apply_layer
from sdk.storage.comparing import tree_changes
from sdk.storage.snapshots import SnapshotTree
from sdk.storage.usage import tree_usage

T = TypeVar("T")


class DemoDriver(StorageDriver):
    """Snapshots below one directory."""

    def __init__(self, root: Path, reflink: str) -> None:
        self._tree = SnapshotTree(root)
        self._copy = ["cp", "--archive", f"--reflink={reflink}", "--no-target-directory"]
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
        return (Mount("bind", str(self._active(key)), ("rbind", "ro" if readonly else "rw")),)

    async def read_file(self, key: str, path: str, *, limit: int = 1 << 20) -> bytes | None:
        return await self._run(partial(_read, self._active(key), path, limit))

    async def changes(self, key: str) -> Sequence[Change]:
        info = self._tree.get(key, SnapshotKind.ACTIVE)
        below = self._tree.files(self._tree.get(info.parent)) if info.parent else None
        return await self._run(partial(tree_changes, self._tree.files(info), below))

    async def usage(self, name: str) -> Usage:
        return await self._run(partial(tree_usage, self._tree.files(self._tree.get(name))))

    async def remove(self, name: str) -> None:
        await self._run(partial(self._tree.remove, name))

    async def list(self) -> Sequence[SnapshotInfo]:
        return self._tree.snapshots()

    def _active(self, key: str) -> Path:
        return self._tree.files(self._tree.get(key, SnapshotKind.ACTIVE))

    def _commit(self, name: ChainID, key: str, parent: ChainID | None) -> None:
        staged = self._tree.get(key, SnapshotKind.STAGED)
        with suppress(SnapshotExists), self._tree.making(SnapshotInfo(name, SnapshotKind.COMMITTED, parent)) as aside:
            self._fill(aside / "fs", parent)
            apply_layer(str(self._tree.files(staged)), str(aside / "fs"))
        self._tree.discard(staged)

    def _prepare(self, info: SnapshotInfo) -> None:
        with self._tree.making(info) as aside:
            self._fill(aside / "fs", info.parent)

    def _fill(self, target: Path, parent: ChainID | None) -> None:
        target.mkdir()
        target.chmod(0o755)
        if parent is not None:
            self._copy_tree(self._tree.files(self._tree.get(parent, SnapshotKind.COMMITTED)), target)

    def _copy_tree(self, source: Path, target: Path) -> None:
        subprocess.run([*self._copy, source, target], check=True, capture_output=True)

    async def _run(self, work: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(work, limiter=self._limiter)


def _read(root: Path, path: str, limit: int) -> bytes | None:
    directory = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        found = open_in_root(directory, path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    finally:
        os.close(directory)
    try:
        return os.pread(found, limit, 0) if stat.S_ISREG(os.fstat(found).st_mode) else None
    finally:
        os.close(found)
