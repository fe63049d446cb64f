"""Files of containers that have none but those put there."""

import io
import stat
import tarfile
from collections.abc import AsyncIterator, Sequence

from sdk.drivers.storage import Change, ChangeKind
from sdk.engine.containers import PathStat
from sdk.errors import NotFound
from sdk.testing.fake.containers import FakeContainers


class FakeFiles:
    """See `sdk.engine.containers.ContainerFiles`: a flat directory of files per container."""

    def __init__(self, containers: FakeContainers) -> None:
        self._containers = containers
        self._files: dict[tuple[str, str], bytes] = {}

    async def stat(self, ref: str, path: str) -> PathStat:
        """Describe a file; every path that ends in a slash is a directory."""
        identifier = self._containers.box(ref).info.id
        name = path.rstrip("/").rpartition("/")[2]
        if path.endswith("/"):
            return PathStat(name or "/", 4096, stat.S_IFDIR | 0o755, 10**18)
        content = self._files.get((identifier, name))
        if content is None:
            raise NotFound(f"Could not find the file {path} in container {ref}")
        return PathStat(name, len(content), stat.S_IFREG | 0o644, 10**18)

    async def read_archive(self, ref: str, path: str) -> tuple[PathStat, AsyncIterator[bytes]]:
        """Return a tar of one file."""
        found = await self.stat(ref, path)
        return found, _once(_tar(found.name, self._files[self._containers.box(ref).info.id, found.name]))

    async def write_archive(
        self,
        ref: str,
        path: str,
        content: AsyncIterator[bytes],
        *,
        no_overwrite_dir_non_dir: bool = False,
        copy_uid_gid: bool = False,
    ) -> None:
        """Keep the files of a tar."""
        del path, no_overwrite_dir_non_dir, copy_uid_gid
        identifier = self._containers.box(ref).info.id
        data = b"".join([chunk async for chunk in content])
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for member in archive:
                if (reader := archive.extractfile(member)) is not None:
                    self._files[identifier, member.name] = reader.read()

    async def changes(self, ref: str) -> Sequence[Change]:
        """Return the files that were put there."""
        identifier = self._containers.box(ref).info.id
        return [Change(f"/{name}", ChangeKind.ADDED) for owner, name in self._files if owner == identifier]

    async def export(self, ref: str) -> AsyncIterator[bytes]:
        """Return an empty tar."""
        self._containers.box(ref)
        return _once(b"\0" * 1024)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


def _tar(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
