"""The overlay driver: a layer is a directory, a container's root is layers stacked by overlayfs."""

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread

from plugins.storage_overlay.changes import upper_changes
from plugins.storage_overlay.lookup import read_file
from plugins.storage_overlay.mounts import stacked
from sdk.drivers.storage import ActiveCommitter, Change, Mount, SnapshotInfo, SnapshotKind, StorageDriver, Usage
from sdk.errors import SnapshotExists
from sdk.linux.mountinfo import mount_table
from sdk.oci.digest import ChainID
from sdk.storage.snapshots import SnapshotTree

T = TypeVar("T")
P = ParamSpec("P")

_THREADS = 16


class OverlayDriver(StorageDriver, ActiveCommitter):
    """Snapshots in `root`; `options` are overlayfs mount options that every mount gets."""

    def __init__(self, root: Path, options: tuple[str, ...] = ()) -> None:
        self._tree = SnapshotTree(root)
        self._options = options
        self._limiter = anyio.CapacityLimiter(_THREADS)

    def close(self) -> None:
        """Stop deleting in the background."""
        self._tree.close()

    async def stage(self, key: str) -> Path:
        return await self._run(self._tree.stage, key)

    async def commit(self, name: ChainID, key: str, *, parent: ChainID | None) -> None:
        await self._run(self._commit, name, key, parent)

    async def commit_active(self, name: ChainID, key: str) -> None:
        await self._run(self._commit_active, name, key)

    async def prepare(self, key: str, *, parent: ChainID | None) -> None:
        await self._run(self._prepare, SnapshotInfo(key, SnapshotKind.ACTIVE, parent))

    async def mounts(self, key: str, *, readonly: bool = False) -> Sequence[Mount]:
        info = self._tree.get(key, SnapshotKind.ACTIVE)
        lowers = [self._tree.files(layer) for layer in self._tree.ancestors(info)]
        return (stacked(self._tree.root, self._tree.directory(info), lowers, self._options, readonly=readonly),)

    async def read_file(self, key: str, path: str, *, limit: int = 1 << 20) -> bytes | None:
        return await self._run(read_file, self._stack(key), path, limit)

    async def changes(self, key: str) -> Sequence[Change]:
        return await self._run(upper_changes, self._stack(key))

    async def usage(self, name: str) -> Usage:
        return await self._run(self._tree.usage, name)

    async def remove(self, name: str) -> None:
        await self._run(self._tree.remove, name)

    async def list(self) -> Sequence[SnapshotInfo]:
        return self._tree.snapshots()

    async def status(self) -> Mapping[str, str]:
        return {
            "Backing Filesystem": await self._run(_filesystem, self._tree.root),
            "Supports d_type": "true",
            "Using metacopy": "false",
            "Native Overlay Diff": "true",
            "userxattr": "false",
        }

    async def _run(self, work: Callable[P, T], *arguments: P.args, **keywords: P.kwargs) -> T:
        return await anyio.to_thread.run_sync(lambda: work(*arguments, **keywords), limiter=self._limiter)

    def _stack(self, key: str) -> tuple[Path, ...]:
        """Return the directories an active snapshot consists of, the upper one first."""
        info = self._tree.get(key, SnapshotKind.ACTIVE)
        return tuple(self._tree.files(layer) for layer in (info, *self._tree.ancestors(info)))

    def _commit(self, name: ChainID, key: str, parent: ChainID | None) -> None:
        staged = self._tree.get(key, SnapshotKind.STAGED)
        with contextlib.suppress(SnapshotExists), self._tree.making(SnapshotInfo(name, SnapshotKind.COMMITTED, parent)) as aside:
            os.rename(self._tree.files(staged), aside / "fs")
        self._tree.discard(staged)

    def _commit_active(self, name: ChainID, key: str) -> None:
        active = self._tree.get(key, SnapshotKind.ACTIVE)
        committed = SnapshotInfo(name, SnapshotKind.COMMITTED, active.parent)
        with contextlib.suppress(SnapshotExists), self._tree.making(committed) as aside:
            os.rename(self._tree.files(active), aside / "fs")
        self._tree.discard(active)

    def _prepare(self, info: SnapshotInfo) -> None:
        with self._tree.making(info) as aside:
            os.mkdir(aside / "fs", 0o755)
            os.mkdir(aside / "work", 0o700)


def _filesystem(root: Path) -> str:
    """Return the type of the file system a directory is on, as the kernel calls it."""
    device = os.stat(root).st_dev
    return next((mount.type for mount in mount_table() if mount.device == device), "unknown")
