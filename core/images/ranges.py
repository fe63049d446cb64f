"""Parts of blobs."""

import os
from collections.abc import AsyncGenerator

from anyio.to_thread import run_sync

from core.images.content import ContentStore
from sdk.errors import NotFound

_READ = 1 << 20


async def read_range(content: ContentStore, digest: str, offset: int, length: int | None) -> AsyncGenerator[bytes, None]:
    """Yield a blob from `offset` on, to its end or `length` bytes, a mebibyte at a time. Raises NotFound."""
    try:
        file = os.open(content.path(digest), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NotFound(f"content {digest}: not found") from None
    try:
        end = os.fstat(file).st_size if length is None else offset + length
        while offset < end and (chunk := await run_sync(os.pread, file, min(_READ, end - offset), offset, limiter=content.limiter)):
            yield chunk
            offset += len(chunk)
    finally:
        os.close(file)
