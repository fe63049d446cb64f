"""Errors on the wire: statuses, and details that show people the line of the Dockerfile."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from google.protobuf.message import DecodeError
from google.rpc.status_pb2 import Status as StatusMessage
from grpclib.const import Status
from grpclib.encoding.base import StatusDetailsCodecBase
from grpclib.exceptions import GRPCError

from sdk.errors import BuildFailed, EngineError, NotFound, PermissionDenied, Unauthorized, Unsupported

_STATUS: dict[type[EngineError], Status] = {
    NotFound: Status.NOT_FOUND,
    Unauthorized: Status.UNAUTHENTICATED,
    PermissionDenied: Status.PERMISSION_DENIED,
    Unsupported: Status.UNIMPLEMENTED,
    EngineError: Status.UNKNOWN,
}
"""Looked up along an error's ancestry. Clients print the status' name before the message, except UNKNOWN's."""

_SOURCE = "github.com/moby/buildkit/errdefs.Source+json"
_VERTEX = "github.com/moby/buildkit/errdefs.Vertex+json"


@dataclass(frozen=True, slots=True)
class Detail:
    """A typed piece of an error; `value` is JSON, as the type says."""

    type_url: str
    value: bytes


class DetailsCodec(StatusDetailsCodecBase):
    """Carries details in google.rpc.Status."""

    def encode(self, status: Status, message: str | None, details: Sequence[Detail]) -> bytes:
        """Encode a status with our details."""
        encoded = StatusMessage(code=status.value, message=message or "")
        for detail in details:
            encoded.details.add(type_url=detail.type_url, value=detail.value)
        return bytes(encoded.SerializeToString())

    def decode(self, status: Status, message: str | None, data: bytes) -> tuple[Detail, ...]:
        """Decode a client's details; those that cannot be read are none, for the status counts without them."""
        del status, message
        try:
            decoded = StatusMessage.FromString(data)
        except DecodeError:
            return ()
        return tuple(Detail(each.type_url, each.value) for each in decoded.details)


def as_grpc(error: EngineError, dockerfile: bytes = b"") -> GRPCError:
    """Return an error as clients get it; with the Dockerfile's text they show the line."""
    status = next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
    details = list(_details(error, dockerfile)) if isinstance(error, BuildFailed) else None
    return GRPCError(status, error.message, details or None)


def _details(failure: BuildFailed, dockerfile: bytes) -> Sequence[Detail]:
    details = []
    if failure.line and dockerfile:
        details.append(Detail(_SOURCE, msgspec.json.encode(_source(failure, dockerfile))))
    if failure.vertex:
        details.append(Detail(_VERTEX, msgspec.json.encode({"digest": failure.vertex})))
    return details


class _Position(msgspec.Struct):
    line: int


class _Range(msgspec.Struct):
    start: _Position
    end: _Position


class _Info(msgspec.Struct):
    filename: str
    data: str


class _Source(msgspec.Struct):
    info: _Info
    ranges: tuple[_Range, ...]


def _source(failure: BuildFailed, dockerfile: bytes) -> _Source:
    line = _Position(failure.line)
    return _Source(_Info(failure.file or "Dockerfile", base64.b64encode(dockerfile).decode()), (_Range(line, line),))
