"""`docker cp`: files out of a container and into it, running or not."""

import os
import stat as modes
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, aclosing, contextmanager
from dataclasses import dataclass

from core.archives.extract import extract
from core.archives.pack import Archive, pack_tree
from core.archives.untar import Policy
from core.containers.mounts.paths import ContainerPath, locate, locate_parent, parse
from core.containers.mounts.rootfs import environment_devices, opened_root
from sdk.drivers.storage import StorageDriver
from sdk.engine.containers import PathStat
from sdk.errors import DataLoss, InvalidArgument, NotFound, PermissionDenied
from sdk.linux.attach import Attachment
from sdk.linux.resolve import resolve_in_root


@dataclass(frozen=True, slots=True)
class Files:
    """A container's file system. `ref` is what the client calls the container; `pid` is None while it does not run, and then `volumes`
    are what would be mounted in it."""

    storage: StorageDriver
    key: str
    pid: int | None
    ref: str
    volumes: tuple[Attachment, ...] = ()

    def opened(self) -> AbstractAsyncContextManager[int]:
        """Give a descriptor of the root with everything in it."""
        return opened_root(self.storage, self.key, self.pid, volumes=sorted(self.volumes, key=lambda one: one.destination))


async def stat(files: Files, path: str) -> PathStat:
    """Describe what a path names; a symlink itself, with the place it leads to. Raises NotFound."""
    async with files.opened() as root:
        return _stat(root, files, parse(path))


async def read_archive(files: Files, path: str) -> tuple[PathStat, Archive]:
    """Return a tar of a file or tree whose names start with the path's last component. Raises NotFound."""
    return await stat(files, path), _archive(files, parse(path))


async def write_archive(
    files: Files,
    path: str,
    content: AsyncIterator[bytes],
    *,
    keep_kinds: bool = False,
    owner: tuple[int, int] | None = None,
    readonly: bool = False,
) -> None:
    """Unpack a tar of any known compression into an existing directory; symlinks in the path are followed.

    With `keep_kinds` a directory is never replaced by something else, nor the reverse; `owner` replaces the owners in the archive;
    `readonly` says that the container's root is. Raises NotFound, PermissionDenied, InvalidArgument (no directory, bad archive).
    """
    absolute = parse(path).absolute
    async with files.opened() as root:
        with _located(root, files, ContainerPath(absolute, path, follows=True)) as directory:
            _require_writable(root, directory, readonly=readonly)
            policy = Policy(owner=owner, keep_kinds=keep_kinds, shown_directory=absolute)
            try:
                await extract(content, policy, root=root, directory=directory)
            except DataLoss as error:
                raise InvalidArgument(error.message) from error


async def _archive(files: Files, place: ContainerPath) -> Archive:
    async with files.opened() as root:
        with _source(root, files, place) as (directory, name):
            excluded = environment_devices(files.pid)
            async with aclosing(pack_tree(root, directory, name, place.name, excluded=excluded)) as packed:
                async for chunk in packed:
                    yield chunk


@contextmanager
def _source(root: int, files: Files, place: ContainerPath) -> Iterator[tuple[int, str]]:
    """Give a directory and the name in it that an archive is made of; a directory is walked from inside."""
    with _found(root, files, place) as found:
        if modes.S_ISDIR(os.fstat(found).st_mode):
            yield found, "."
            return
        parent = locate_parent(root, place)
        try:
            yield parent, os.path.basename(place.absolute)
        finally:
            os.close(parent)


@contextmanager
def _found(root: int, files: Files, place: ContainerPath) -> Iterator[int]:
    """Give what a path names. Raises NotFound, InvalidArgument for a file with `/` or `/.` after its name."""
    with _located(root, files, place) as found:
        if place.follows and not modes.S_ISDIR(os.fstat(found).st_mode):
            raise InvalidArgument(f"{place.absolute}: not a directory")
        yield found


@contextmanager
def _located(root: int, files: Files, place: ContainerPath) -> Iterator[int]:
    try:
        found = locate(root, place)
    except FileNotFoundError:
        raise NotFound(f"Could not find the file {place.absolute} in container {files.ref}") from None
    try:
        yield found
    finally:
        os.close(found)


def _stat(root: int, files: Files, place: ContainerPath) -> PathStat:
    with _found(root, files, place) as found:
        status = os.fstat(found)
        target = resolve_in_root(root, place.absolute) if modes.S_ISLNK(status.st_mode) else ""
        return PathStat(place.name, status.st_size, status.st_mode, status.st_mtime_ns, target)


def _require_writable(root: int, directory: int, *, readonly: bool) -> None:
    """A running container's own mounts say what is read-only; of one that does not run only its configuration does."""
    status = os.fstat(directory)
    if not modes.S_ISDIR(status.st_mode):
        raise InvalidArgument("extraction point is not a directory")
    in_rootfs = status.st_dev == os.fstat(root).st_dev
    if readonly and in_rootfs:
        raise PermissionDenied("container rootfs is marked read-only")
    if os.statvfs(f"/proc/self/fd/{directory}").f_flag & os.ST_RDONLY:
        raise PermissionDenied(f"{'container rootfs' if in_rootfs else 'mounted volume'} is marked read-only")
