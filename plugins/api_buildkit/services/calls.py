"""How calls end: the engine's errors become statuses."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from grpclib.server import Stream

from plugins.api_buildkit.errors import as_grpc
from sdk.errors import EngineError

Q = TypeVar("Q")
S = TypeVar("S")


@contextmanager
def answering(dockerfile: bytes = b"") -> Iterator[None]:
    """Turn an error of the engine into the call's status."""
    try:
        yield
    except EngineError as error:
        raise as_grpc(error, dockerfile) from error


async def request_of(stream: Stream[Q, S]) -> Q:
    """Return the only message of a call."""
    message = await stream.recv_message()
    assert message is not None
    return message
