"""Blobs that come in without a name yet, and how they are kept until a manifest names them."""

import hashlib
import os
from contextlib import ExitStack
from time import monotonic

from anyio.to_thread import run_sync

from core.images.content.diskspace import writing
from core.images.content.store import ContentStore
from sdk.errors import InvalidArgument
from sdk.oci.digest import digest_from, hasher

_FLUSH = 1 << 20
_KEPT_SECONDS = 3600.0


class FreshBlobs:
    """Blobs that no manifest names yet, held against collection for an hour."""

    def __init__(self, content: ContentStore) -> None:
        self._content = content
        self._held: dict[str, tuple[float, ExitStack]] = {}

    def keep(self, digest: str) -> None:
        """Hold a blob from now on for an hour; whose time is over is let go."""
        for expired in [name for name, (until, _) in self._held.items() if until < monotonic()]:
            self.release(expired)
        _, pin = self._held.pop(digest, (0.0, None))
        if pin is None:
            pin = ExitStack()
            pin.enter_context(self._content.pins.hold((digest,)))
        self._held[digest] = (monotonic() + _KEPT_SECONDS, pin)

    def release(self, digest: str) -> None:
        """Hold a blob no longer; idempotent."""
        if held := self._held.pop(digest, None):
            held[1].close()


class BlobUpload:
    """Implements `sdk.engine.content.Upload`: a file beside the blobs, hashed while it is written."""

    def __init__(self, content: ContentStore, fresh: FreshBlobs) -> None:
        self._content = content
        self._fresh = fresh
        self._hash = hashlib.sha256()
        self._pending: list[bytes] = []
        self._pending_size = 0
        self._held = ExitStack()
        self._path = self._held.enter_context(content.temporary("upload"))
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self.size = 0

    async def write(self, chunk: bytes) -> None:
        """Append; chunks are gathered and written about a mebibyte at a time."""
        self._pending.append(chunk)
        self._pending_size += len(chunk)
        self.size += len(chunk)
        if self._pending_size >= _FLUSH:
            await run_sync(self._flush, limiter=self._content.limiter)

    async def commit(self, digest: str) -> None:
        """Verify, sync and rename."""
        try:
            await run_sync(self._flush, limiter=self._content.limiter)
            hashed = (
                self._hash if digest.startswith("sha256:") else await run_sync(self._hashed, digest, limiter=self._content.limiter)
            )
            if digest_from(hashed) != digest:
                raise InvalidArgument(f"the content is not what {digest} names")
            self._fresh.keep(digest)
            async with self._content.locks.hold(digest):
                if not self._content.exists(digest):
                    await self._content.adopt(self._path, digest)
        finally:
            self._forget()

    async def discard(self) -> None:
        self._forget()

    def _flush(self) -> None:
        pending, self._pending, self._pending_size = self._pending, [], 0
        data = b"".join(pending)
        self._hash.update(data)
        view = memoryview(data)
        with writing(self._path):
            while view:
                view = view[os.write(self._file, view) :]

    def _hashed(self, digest: str) -> "hashlib._Hash":
        """Hash what was written by another algorithm: it is known no earlier than the digest."""
        with self._path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hasher(digest))

    def _forget(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
            self._held.close()
