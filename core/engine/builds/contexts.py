"""Directories that builds read: contexts that came as an archive, from a git repository or by HTTP."""

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from core.archives.extract import extract
from core.archives.untar import Policy
from core.images.content.diskspace import writing
from sdk.errors import DataLoss, InvalidArgument
from sdk.storage.trash import Trash

_ARCHIVE = Policy()


class Scratch:
    """Temporary directories below one. They vanish at once and are deleted in the background, from `trash` beside it; so is what an earlier
    process left."""

    def __init__(self, root: Path, trash: Path) -> None:
        self._root = root
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        trash.parent.mkdir(parents=True, exist_ok=True)
        self._trash = Trash(trash)
        for left in root.iterdir():
            self._trash.discard(left)

    def close(self) -> None:
        """Stop deleting."""
        self._trash.close()

    @asynccontextmanager
    async def directory(self) -> AsyncIterator[Path]:
        """Give an empty directory that vanishes with the block. Raises ResourceExhausted."""
        path = self._root / secrets.token_hex(8)
        with writing(path):
            path.mkdir(mode=0o755)
        try:
            yield path
        finally:
            self._trash.discard(path)

    @asynccontextmanager
    async def unpacked(self, archive: AsyncIterator[bytes]) -> AsyncIterator[Path]:
        """Give a directory into which a tar was unpacked. Raises InvalidArgument for a damaged one."""
        async with AsyncExitStack() as held:
            path = await held.enter_async_context(self.directory())
            await unpack_into(path, archive)
            yield path


async def unpack_into(path: Path, archive: AsyncIterator[bytes] | int) -> None:
    """Unpack a tar of any known compression, from a stream or a descriptor, confined to a directory.

    Raises InvalidArgument for a damaged one, ResourceExhausted for a full disk.
    """
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        await extract(archive, _ARCHIVE, root=directory, directory=directory)
    except DataLoss as error:
        raise InvalidArgument(error.message) from error
    finally:
        os.close(directory)


async def unpack_file(path: Path, archive: Path) -> None:
    """Unpack a tar that is a file, as `unpack_into` does."""
    source = os.open(archive, os.O_RDONLY | os.O_CLOEXEC)
    try:
        await unpack_into(path, source)
    finally:
        os.close(source)
