"""Progress of long work: one JSON object after the other."""

import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from plugins.api_docker.convert.images import error_line, progress_line
from plugins.api_docker.replies import Streaming, closing, encode
from plugins.api_docker.unforeseen import in_words
from sdk.engine.images import Progress
from sdk.errors import EngineError

_log = logging.getLogger(__name__)


async def progress_reply(items: AsyncIterator[Progress], *, uploading: bool = False) -> Streaming:
    """Return the stream of some work once its first item is there: an error before that is the request's own, and gets a real status.

    Later errors are the stream's last object. When the client goes away the work is cancelled.
    """
    first = await anext(items, None)
    return Streaming(_encoded(items, *(() if first is None else (first,))), uploading=uploading)


async def upload_reply(items: AsyncIterator[Progress]) -> Streaming:
    """Return the stream of loading an archive once there is something to say: skopeo sends no more when it sees an answer.

    All its errors are in band, as in dockerd.
    """
    lines = _encoded(items)
    return Streaming(_chained(await anext(lines, b""), lines), uploading=True)


async def _encoded(items: AsyncIterator[Progress], *first: Progress) -> AsyncGenerator[bytes, None]:
    async with closing(items) as rest:
        try:
            for item in first:
                yield encode(progress_line(item))
            async for item in rest:
                yield encode(progress_line(item))
        except EngineError as error:
            yield encode(error_line(error.message))
        except Exception as error:  # noqa: BLE001 the client reads it here or nowhere
            _log.exception("work that a client follows failed")
            yield encode(error_line(in_words(error).message))


async def _chained(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(rest):
        yield first
        async for line in rest:
            yield line
