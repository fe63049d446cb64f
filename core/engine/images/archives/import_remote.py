"""An archive on the web, for `docker import URL`."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager

from core.engine.remote_files import RemoteFile, remote_file
from core.images.receiving.progress import Meter, Report
from sdk.errors import EngineError, InvalidArgument, NotFound, PermissionDenied, Unauthorized, Unavailable

_KINDS: dict[int, type[EngineError]] = {400: InvalidArgument, 401: Unauthorized, 403: PermissionDenied, 404: NotFound}


def remote_archive(source: str) -> AbstractAsyncContextManager[RemoteFile]:
    """Ask for what a URL names; without a scheme it is http.

    Raises InvalidArgument for what is no URL of the web; for a status of failure the error of that status; Unavailable.
    """
    return remote_file(source if "://" in source else f"http://{source}", _failed)


async def metered(file: RemoteFile, report: Report) -> AsyncGenerator[bytes, None]:
    """Yield a file as it comes, and report how far it is. Raises Unavailable."""
    meter, position = Meter(report, "Importing", "", file.size or 0), 0
    async for chunk in file.chunks():
        yield chunk
        position += len(chunk)
        meter.show(position)


def _failed(url: str, status: int, phrase: str, said: str) -> EngineError:
    text = f"{status} {phrase}".strip()
    return _KINDS.get(status, Unavailable)(f"failed to GET {url} with status {text}: {said}")
