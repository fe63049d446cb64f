"""The content store: blobs by digest in an OCI layout (image-spec: image-layout.md).

A blob is written to `ingest/<hex>.partial`, verified, fsynced and renamed into `blobs/<algorithm>/`. A partial outlives the process, so a
download broken by anything goes on where it stopped. What no image references is deleted by `core.images.garbage`, never guessed.
"""

import os
import re
import secrets
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import anyio
from anyio.to_thread import run_sync

from core.images.content.diskspace import writing
from core.images.content.locks import KeyedLocks
from core.images.content.pins import Pins
from sdk.errors import DataLoss, NotFound
from sdk.linux.atomic import replace_file
from sdk.oci.digest import ALGORITHMS, blob_name, digest_from, digest_of, hasher, hex_of, is_digest
from sdk.storage.usage import allocated, tree_usage

_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
_PARTIAL = re.compile(r"(?:[0-9a-f]{64}|[0-9a-f]{128})\.partial")
_LONGEST_DOCUMENT = 32 << 20
"""Bytes of what is read whole; documents of images are far shorter."""
_READ = _FLUSH = 1 << 20


class ContentStore:
    """Blobs under one directory. Disk work runs in threads, limited by a limiter of its own.

    Who makes or deletes a blob holds its lock; who counts on one that no image references pins it.
    """

    def __init__(self, root: Path) -> None:
        self.directory = root
        self._ingest = root / "ingest"
        for algorithm in ALGORITHMS:
            (root / "blobs" / algorithm).mkdir(parents=True, exist_ok=True)
        self._ingest.mkdir(exist_ok=True)
        _mark(root / "oci-layout")
        self.limiter = anyio.CapacityLimiter(8)
        self.locks = KeyedLocks()
        self.pins = Pins()

    def path(self, digest: str) -> Path:
        """Return where a blob is or would be. Raises InvalidArgument for what is no digest: it never becomes a path."""
        return self.directory / blob_name(digest)

    def exists(self, digest: str) -> bool:
        return is_digest(digest) and self.path(digest).exists()

    def size(self, digest: str) -> int:
        """Return a blob's size in bytes. Raises NotFound."""
        try:
            return self.path(digest).stat().st_size
        except FileNotFoundError:
            raise NotFound(f"content {digest}: not found") from None

    def read(self, digest: str) -> bytes:
        """Return a small blob (a manifest or configuration), verified. Raises NotFound, DataLoss."""
        if self.size(digest) > _LONGEST_DOCUMENT:
            raise DataLoss(f"content {digest}: a document of more than {_LONGEST_DOCUMENT} bytes")
        try:
            content = self.path(digest).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"content {digest}: not found") from None
        if digest_of(content, digest) != digest:
            raise DataLoss(f"content {digest}: stored bytes do not match their digest")
        return content

    async def chunks(self, digest: str, show: Callable[[int], None] = lambda _position: None) -> AsyncGenerator[bytes, None]:
        """Read a blob a mebibyte at a time, showing how far it is. Raises NotFound."""
        position = 0
        async with await self._open(digest) as file:
            while chunk := await file.read(_READ):
                yield chunk
                position += len(chunk)
                show(position)

    async def _open(self, digest: str) -> anyio.AsyncFile[bytes]:
        try:
            return await anyio.open_file(self.path(digest), "rb")
        except FileNotFoundError:
            raise NotFound(f"content {digest}: not found") from None

    async def put(self, content: bytes, like: str = "sha256") -> str:
        """Store a small blob and return its digest, by the algorithm of the digest `like`; idempotent."""
        digest = digest_of(content, like)
        if not self.exists(digest):
            with self.temporary("put") as path:
                await run_sync(_put, content, path, self.path(digest), limiter=self.limiter)
        return digest

    def ingest(self, digest: str, size: int) -> "Ingest":
        """Return the writer of a blob. One writer per digest at a time: the caller holds a lock."""
        return Ingest(self._ingest / f"{hex_of(digest)}.partial", self.path(digest), digest, size, self.limiter)

    @contextmanager
    def temporary(self, purpose: str) -> Iterator[Path]:
        """Give a new path for content whose digest is not known yet; `adopt` renames it into place. No sweep takes it; the rest is deleted."""
        with self._reserved(purpose) as path:
            try:
                yield path
            finally:
                path.unlink(missing_ok=True)

    @asynccontextmanager
    async def temporary_directory(self, purpose: str) -> AsyncIterator[Path]:
        """Give a new directory beside the partials, for many such files; it is removed with all that is left in it."""
        with self._reserved(purpose) as path:
            path.mkdir(0o700)
            try:
                yield path
            finally:
                with anyio.CancelScope(shield=True):
                    await run_sync(shutil.rmtree, path, limiter=self.limiter)

    @contextmanager
    def _reserved(self, purpose: str) -> Iterator[Path]:
        """Give a path beside the partials that no sweeping touches."""
        name = f"{purpose}-{secrets.token_hex(8)}"
        with self.pins.hold((f"temporary:{name}",)):
            yield self._ingest / f"{name}.partial"

    async def adopt(self, source: Path, digest: str) -> None:
        """Sync a complete, verified file on the same file system and make it a blob."""
        await run_sync(_adopt, source, self.path(digest), limiter=self.limiter)

    async def delete(self, digest: str) -> int:
        """Delete a blob and return the bytes freed on disk; idempotent."""
        return await run_sync(_delete, self.path(digest), limiter=self.limiter)

    def digests(self) -> frozenset[str]:
        """Return every blob that is stored."""
        names = (f"{name}:{encoded}" for name in ALGORITHMS for encoded in os.listdir(self.directory / "blobs" / name))
        return frozenset(name for name in names if is_digest(name))

    def allocated(self, digest: str) -> int:
        """Return the bytes allocated for a blob; 0 if it is not here."""
        try:
            return allocated(self.path(digest).stat())
        except FileNotFoundError:
            return 0

    async def sweep_temporaries(self) -> None:
        """Delete what a process left that died while it wrote content of unknown digest. To be called at start, before anything is written."""
        await run_sync(_sweep_temporaries, self._ingest, limiter=self.limiter)

    async def sweep_partials(self) -> int:
        """Delete what is left of downloads that no operation goes on with. Return the bytes freed on disk."""
        names = await run_sync(os.listdir, self._ingest, limiter=self.limiter)
        return await run_sync(_discard, self._put_aside(names), limiter=self.limiter)

    def _put_aside(self, names: Iterable[str]) -> list[Path]:
        """Rename what no operation holds and return where it is. Names are held on the event loop alone: none can be between look and rename."""
        keep, aside = {hex_of(name) for name in self.pins.held}, []
        for name in names:
            if name.removesuffix(".partial") not in keep:
                target = self._ingest / f"{secrets.token_hex(8)}.swept"
                with suppress(FileNotFoundError):
                    os.rename(self._ingest / name, target)
                    aside.append(target)
        return aside


class Ingest:
    """A blob being written. `offset` is how much is there already; write from there on, then commit."""

    def __init__(self, partial: Path, target: Path, digest: str, size: int, limiter: anyio.CapacityLimiter) -> None:
        self._partial = partial
        self._target = target
        self._digest = digest
        self._size = size
        self._limiter = limiter
        self._hash = hasher(self._digest)
        self._file = -1
        self._pending: list[bytes] = []
        self._pending_size = 0
        self.offset = 0

    async def resume(self) -> int:
        """Open the partial, hash what it holds and return the offset to go on from."""
        self.offset = await run_sync(self._open, 0, limiter=self._limiter)
        return self.offset

    async def restart(self) -> None:
        """Open the partial and forget what it holds."""
        self.offset = await run_sync(self._open, os.O_TRUNC, limiter=self._limiter)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Read what the partial holds, from its start."""
        position = 0
        while chunk := await run_sync(os.pread, self._file, _READ, position, limiter=self._limiter):
            position += len(chunk)
            yield chunk

    async def write(self, chunk: bytes) -> None:
        """Append a chunk; chunks are gathered and written about a mebibyte at a time."""
        self._pending.append(chunk)
        self._pending_size += len(chunk)
        self.offset += len(chunk)
        if self._pending_size >= _FLUSH:
            await run_sync(self._flush, limiter=self._limiter)

    async def commit(self) -> None:
        """Verify, sync and rename. Raises DataLoss, and forgets the partial, if the bytes are not the digest's."""
        await run_sync(self._commit, limiter=self._limiter)

    async def close(self) -> None:
        """Write what is gathered and close the partial, keeping it for a later resume unless it is empty; idempotent."""
        if self._file >= 0:
            with anyio.CancelScope(shield=True):
                await run_sync(self._close, limiter=self._limiter)

    def _open(self, flags: int) -> int:
        if self._file >= 0:
            os.close(self._file)
        with writing(self._partial):
            self._file = os.open(self._partial, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | flags, 0o600)
        self._hash = hasher(self._digest)
        self._pending, self._pending_size = [], 0
        if os.fstat(self._file).st_size > self._size:
            os.ftruncate(self._file, 0)
        length = 0
        while data := os.read(self._file, _READ):
            self._hash.update(data)
            length += len(data)
        return length

    def _flush(self) -> None:
        pending, self._pending, self._pending_size = self._pending, [], 0
        data = b"".join(pending)
        self._hash.update(data)
        view = memoryview(data)
        with writing(self._partial):
            while view:
                view = view[os.write(self._file, view) :]

    def _close(self) -> None:
        try:
            self._flush()
        finally:
            if not os.fstat(self._file).st_size:
                self._partial.unlink(missing_ok=True)
            os.close(self._file)
            self._file = -1

    def _commit(self) -> None:
        self._flush()
        if digest_from(self._hash) != self._digest:
            os.close(self._file)
            self._file = -1
            self._partial.unlink()
            raise DataLoss(f"filesystem layer verification failed for digest {self._digest}")
        os.fsync(self._file)
        os.close(self._file)
        self._file = -1
        _place(self._partial, self._target)


def _put(content: bytes, temporary: Path, target: Path) -> None:
    with writing(temporary), temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    _place(temporary, target)


def _adopt(source: Path, target: Path) -> None:
    file = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with writing(source):
            os.fsync(file)
    finally:
        os.close(file)
    _place(source, target)


def _mark(path: Path) -> None:
    """Say what layout the directory has (image-layout.md); on a full disk that waits for the next start."""
    with suppress(OSError):
        if not path.exists() or path.read_bytes() != _LAYOUT:
            replace_file(path, _LAYOUT, mode=0o644)


def _place(source: Path, target: Path) -> None:
    os.replace(source, target)
    directory = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _delete(path: Path) -> int:
    try:
        size = allocated(path.stat())
        path.unlink()
    except FileNotFoundError:
        return 0
    return size


def _sweep_temporaries(directory: Path) -> None:
    for entry in os.scandir(directory):
        if _PARTIAL.fullmatch(entry.name):
            continue
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)


def _discard(paths: Iterable[Path]) -> int:
    freed = 0
    for path in paths:
        with suppress(FileNotFoundError):
            freed += tree_usage(path).disk
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return freed
