"""Directories that builds read: contexts that came as an archive, from a git repository or by HTTP."""

import os
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import anyio
from anyio.to_thread import run_sync

from core.images.extract import extract
from core.images.untar import Policy

_ARCHIVE = Policy()


class Scratch:
    """Temporary directories below one; what an earlier process left is deleted when it is opened."""

    def __init__(self, root: Path) -> None:
        self._root = root
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True, mode=0o700)

    @asynccontextmanager
    async def directory(self) -> AsyncIterator[Path]:
        """Give an empty directory that vanishes with the block."""
        path = self._root / secrets.token_hex(8)
        path.mkdir(mode=0o755)
        try:
            yield path
        finally:
            with anyio.CancelScope(shield=True):
                await run_sync(lambda: shutil.rmtree(path, ignore_errors=True))

    @asynccontextmanager
    async def unpacked(self, archive: AsyncIterator[bytes]) -> AsyncIterator[Path]:
        """Give a directory into which a tar was unpacked. Raises DataLoss for a damaged one."""
        async with AsyncExitStack() as held:
            path = await held.enter_async_context(self.directory())
            await unpack_into(path, archive)
            yield path


async def unpack_into(path: Path, archive: AsyncIterator[bytes] | int) -> None:
    """Unpack a tar of any known compression, from a stream or a descriptor, confined to a directory. Raises DataLoss, ResourceExhausted."""
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        await extract(archive, _ARCHIVE, root=directory, directory=directory)
    finally:
        os.close(directory)


async def unpack_file(path: Path, archive: Path) -> None:
    """Unpack a tar that is a file, as `unpack_into` does."""
    source = os.open(archive, os.O_RDONLY | os.O_CLOEXEC)
    try:
        await unpack_into(path, source)
    finally:
        os.close(source)
