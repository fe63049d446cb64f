"""Writing into the directory of a layout. Nothing is there under its name before it is whole and on the disk.

Every function blocks. Pushes, also of several daemons, take turns at the index by a lock on the directory.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from plugins.registry_layout.index import EMPTY, with_entry
from plugins.registry_layout.layouts import INDEX_FILE, LAYOUT_FILE, LAYOUT_VERSION, DirectoryLayout, Region, blob, read, unreadable
from sdk.errors import DataLoss
from sdk.oci.descriptor import Descriptor
from sdk.oci.digest import ALGORITHMS, digest_from, hasher

_LAYOUT = msgspec.json.encode({"imageLayoutVersion": LAYOUT_VERSION})
_PARTIAL = ".partial"
_READ = 1 << 20


def make_layout(directory: Path) -> None:
    """Make a directory a layout, if it is none yet, and delete what pushes that were killed left in it; idempotent."""
    with _naming(directory):
        (directory / "blobs" / ALGORITHMS[0]).mkdir(parents=True, exist_ok=True)
        (directory / _PARTIAL).mkdir(exist_ok=True)
        with _locked(directory):
            for name, content in ((INDEX_FILE, EMPTY), (LAYOUT_FILE, _LAYOUT)):
                if not (directory / name).exists():
                    _replace(directory, directory / name, content)
        _sweep(directory)


class NewBlob:
    """A blob on its way into a layout. What is not committed is gone when it is closed."""

    def __init__(self, directory: Path, descriptor: Descriptor) -> None:
        self._directory = directory
        self._descriptor = descriptor
        self._hash = hasher(descriptor.digest)
        self._size = 0
        self._path, self._file = _partial(directory)

    def write(self, chunk: bytes) -> None:
        with _naming(self._path):
            self._hash.update(chunk)
            self._size += len(chunk)
            _write(self._file, chunk)

    def commit(self) -> None:
        """Verify, sync and rename. Raises DataLoss."""
        if self._size != self._descriptor.size or digest_from(self._hash) != self._descriptor.digest:
            raise DataLoss(f"the content pushed is not what {self._descriptor.digest} names")
        with _naming(self._path):
            os.fsync(self._file)
            _place(self._path, self._directory / blob(self._descriptor.digest))

    def close(self) -> None:
        """Delete what was not committed; idempotent."""
        if self._file >= 0:
            self._path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = -1


def copy_blob(source: Region, directory: Path, descriptor: Descriptor) -> None:
    """Take a blob from another layout, verified. Raises DataLoss."""
    new = NewBlob(directory, descriptor)
    try:
        with source.opened() as file:
            position = 0
            while chunk := os.pread(file, min(_READ, source.size - position), source.offset + position):
                new.write(chunk)
                position += len(chunk)
        new.commit()
    finally:
        new.close()


def write_document(directory: Path, descriptor: Descriptor, content: bytes) -> None:
    """Make a manifest a blob; idempotent."""
    with _naming(directory):
        _replace(directory, directory / blob(descriptor.digest), content)


def name_manifest(directory: Path, descriptor: Descriptor, name: str) -> None:
    """Let a name stand for a manifest from now on: readers see the index as it was, or as it is then. Raises DataLoss."""
    with _naming(directory), _locked(directory):
        _replace(directory, directory / INDEX_FILE, with_entry(read(DirectoryLayout(directory), INDEX_FILE), descriptor, name))


def _replace(directory: Path, target: Path, content: bytes) -> None:
    path, file = _partial(directory)
    try:
        _write(file, content)
        os.fsync(file)
        _place(path, target)
    finally:
        path.unlink(missing_ok=True)
        os.close(file)


def _write(file: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(file, view) :]


def _partial(directory: Path) -> tuple[Path, int]:
    """Make a file to write into; it is locked for as long as its writer has it open."""
    path = directory / _PARTIAL / secrets.token_hex(8)
    with _naming(path), _locked(path.parent):  # no sweep comes between the two
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        fcntl.flock(file, fcntl.LOCK_EX)
    return path, file


def _sweep(directory: Path) -> None:
    with _locked(directory / _PARTIAL):
        for path in (directory / _PARTIAL).iterdir():
            with suppress(OSError), path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()


def _place(source: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    os.replace(source, target)
    parent = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Turn what the file system refuses into an error that names the place."""
    try:
        yield
    except OSError as error:
        raise unreadable(Path(error.filename or path), error) from error
