"""How slowly a peer may send."""

import time
from collections.abc import AsyncIterator

from sdk.errors import Unavailable


async def not_too_slow(chunks: AsyncIterator[bytes], rate: int, seconds: float, peer: str) -> AsyncIterator[bytes]:
    """Pass chunks on. Raises Unavailable, which names the peer, where fewer than `rate` bytes a second come over `seconds` seconds.

    Time that the reader of this takes does not count. A peer that sends nothing at all is for the connection's own timeout to notice.
    """
    waited, received = 0.0, 0
    while True:
        begun = time.monotonic()
        chunk = await anext(chunks, None)
        if chunk is None:
            return
        waited += time.monotonic() - begun
        received += len(chunk)
        if waited >= seconds:
            if received < waited * rate:
                raise Unavailable(f"{peer} sends less than {rate} bytes a second")
            waited, received = 0.0, 0
        yield chunk
