"""Directories that stay between builds, so that the next build of the same context transfers only what changed."""

import hashlib
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio.to_thread
import msgspec

from plugins.api_buildkit.filesync.tree import Entry, Tree
from sdk.text import UNREADABLE

_INDEX = "index"
_TREE = "tree"
_decoder = msgspec.msgpack.Decoder(dict[str, Entry])


class Contexts:
    """Kept contexts by key, the least recently used forgotten first. One build at a time uses each."""

    def __init__(self, root: Path, limit: int) -> None:
        self._root = root
        self._limit = limit
        self._held: set[str] = set()

    @asynccontextmanager
    async def kept(self, key: str) -> AsyncIterator["KeptContext | None"]:
        """Give the context of a key to one build; None if another build has it, or nothing is to be kept."""
        name = hashlib.sha256(key.encode()).hexdigest()[:32]
        if not (key and self._limit) or name in self._held:
            yield None
            return
        self._held.add(name)
        try:
            kept = await anyio.to_thread.run_sync(_open, self._root / name)
            try:
                yield kept
            finally:
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(self._forget)
        finally:
            self._held.discard(name)

    def _forget(self) -> None:
        """Remove the contexts used longest ago."""
        kept = sorted(self._root.iterdir(), key=lambda path: path.stat().st_mtime)
        for path in kept[: -self._limit]:
            if path.name not in self._held:
                shutil.rmtree(path, ignore_errors=True)


class KeptContext:
    """One kept directory and what it holds."""

    def __init__(self, root: Path, index: dict[str, Entry]) -> None:
        self._root = root
        self.directory = root / _TREE
        self.tree = Tree(self.directory, index)

    def save(self) -> None:
        """Remember what the tree holds; without this the next build starts anew."""
        temporary = self._root / f"{_INDEX}.new"
        temporary.write_bytes(msgspec.msgpack.encode(self.tree.index))
        temporary.rename(self._root / _INDEX)


def _open(root: Path) -> KeptContext:
    """Open a kept directory. Its index goes away until it is saved again: a crash in between leaves none, and the tree is not trusted."""
    root.mkdir(parents=True, exist_ok=True)
    os.utime(root)
    index = _read_index(root)
    tree = root / _TREE
    if not index and tree.exists():
        shutil.rmtree(tree)
    tree.mkdir(exist_ok=True)
    (root / _INDEX).unlink(missing_ok=True)
    return KeptContext(root, index)


def _read_index(root: Path) -> dict[str, Entry]:
    try:
        return _decoder.decode((root / _INDEX).read_bytes())
    except (FileNotFoundError, *UNREADABLE):
        return {}
