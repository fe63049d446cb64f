"""OCI image layouts, read: a directory, or an archive of one (image-spec: image-layout.md).

Every method blocks. What is read is data of strangers: names are taken from digests only, and the bytes are verified by the caller.
"""

import os
import posixpath
import stat
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec import Struct

from sdk.errors import DataLoss, EngineError, NotFound, Unavailable
from sdk.oci.digest import blob_name
from sdk.text import UNREADABLE, cleaned

LAYOUT_FILE, INDEX_FILE, LAYOUT_VERSION = "oci-layout", "index.json", "1.0.0"
LONGEST_DOCUMENT = 4 << 20
"""The largest manifest or index taken, as the distribution-spec advises for registries."""


class _Version(Struct, rename="camel"):
    image_layout_version: str


@dataclass(frozen=True, slots=True)
class Region:
    """Where bytes are: a part of a file."""

    path: Path
    offset: int
    size: int

    @contextmanager
    def opened(self) -> Iterator[int]:
        """Give a descriptor of the file. Raises Unavailable."""
        try:
            file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise unreadable(self.path, error) from error
        try:
            yield file
        finally:
            os.close(file)


class Layout(Protocol):
    """One layout. `path` is its directory or its archive."""

    @property
    def path(self) -> Path:
        """Where it is."""

    def find(self, name: str) -> Region | None:
        """Return where a file of the layout is; None if there is none of that name. Raises Unavailable."""


@dataclass(frozen=True, slots=True)
class DirectoryLayout:
    """A layout as a directory."""

    path: Path

    def find(self, name: str) -> Region | None:
        path = self.path / name
        try:
            status = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise unreadable(path, error) from error
        return Region(path, 0, status.st_size) if stat.S_ISREG(status.st_mode) else None


@dataclass(frozen=True, slots=True)
class ArchiveLayout:
    """A layout as an uncompressed tar: `skopeo copy ... oci-archive:FILE`, `docker save`, `tar -C LAYOUT -cf FILE .`"""

    path: Path

    def find(self, name: str) -> Region | None:
        try:
            status = self.path.stat()
        except OSError as error:
            raise unreadable(self.path, error) from error
        place = _members(self.path, status.st_ino, status.st_mtime_ns, status.st_size).get(name)
        return Region(self.path, *place) if place else None


@lru_cache(maxsize=16)
def _members(path: Path, _inode: int, _mtime_ns: int, _size: int) -> Mapping[str, tuple[int, int]]:
    """Return where the files of an archive begin and how long they are. An archive that changes is read again."""
    try:
        with tarfile.open(path, "r:") as archive:
            return {posixpath.normpath(each.name): (each.offset_data, each.size) for each in _files(path, archive)}
    except (tarfile.TarError, EOFError, ValueError) as error:  # the last of maps of sparse files that are none
        raise Unavailable(f"{path} is no archive of a layout, or it is compressed: {error}") from error
    except OSError as error:
        raise unreadable(path, error) from error


def _files(path: Path, archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Yield the files of an archive. Raises Unavailable for a size below zero, which would lead back to where it was read."""
    for each in archive:
        if each.size < 0:
            raise Unavailable(f"{path} is no archive of a layout: {cleaned(each.name)} has a size below zero")
        if each.isreg() and not each.issparse():
            yield each


def open_layout(path: Path) -> Layout | None:
    """Return the layout that a path is; None if there is nothing, or a directory that is none. Raises DataLoss, Unavailable."""
    layout: Layout = DirectoryLayout(path) if path.is_dir() else ArchiveLayout(path)
    if not path.exists() or layout.find(INDEX_FILE) is None:
        return None
    version = _version(read(layout, LAYOUT_FILE))
    if version != LAYOUT_VERSION:
        raise DataLoss(f"{path} is a layout of version {version or 'unknown'}, not {LAYOUT_VERSION}")
    return layout


def read(layout: Layout, name: str) -> bytes:
    """Return a document of a layout. Raises DataLoss if it is missing or too large, Unavailable."""
    region = layout.find(name)
    if region is None:
        raise DataLoss(f"{layout.path} is no OCI image layout: {name} is missing")
    if region.size > LONGEST_DOCUMENT:
        raise DataLoss(f"{layout.path}: {name} is larger than {LONGEST_DOCUMENT} bytes")
    with region.opened() as file:
        return os.pread(file, region.size, region.offset)


def blob(digest: str) -> str:
    """Return the name of a blob's file. Raises InvalidArgument."""
    return blob_name(digest)


def unreadable(path: Path, error: OSError) -> EngineError:
    """Return what cannot be read or written as an error that names it."""
    sentence = f"{path}: {os.strerror(error.errno or 0).lower()}"
    return NotFound(sentence) if isinstance(error, FileNotFoundError) else Unavailable(sentence)


def _version(content: bytes) -> str:
    try:
        return msgspec.json.decode(content, type=_Version).image_layout_version
    except UNREADABLE:
        return ""
