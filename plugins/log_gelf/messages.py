"""GELF 1.1: messages of JSON, compressed and cut into chunks for UDP."""

import os
import socket
import zlib
from collections.abc import Mapping, Sequence

import msgspec

from sdk.drivers.logs import LogContext, StdStream
from sdk.logfiles.attributes import attributes_of
from sdk.logfiles.tags import tag_of
from sdk.logfiles.times import rfc3339_nano
from sdk.shipping.records import Record, severity

_DATAGRAM, _HEAD = 1420, 12
_MAGIC = b"\x1e\x0f"
_MOST_CHUNKS = 128
_WINDOW = {"gzip": 31, "zlib": 15}


class MessageMaker:
    """Makes the messages of one container."""

    def __init__(self, context: LogContext) -> None:
        self._head = msgspec.json.encode({"version": "1.1", "host": socket.gethostname()})[:-1] + b',"short_message":'
        self._extra = msgspec.json.encode(_extra(context))[1:]
        self._last = StdStream.STDIN, 0
        self._tail = b""

    def message(self, record: Record) -> bytes:
        """Return a record as a message."""
        if self._last != (record.stream, record.time_ns):  # lines that were read at once have one time
            self._last = record.stream, record.time_ns
            times = msgspec.json.encode({"timestamp": record.time_ns // 10**6 / 1000, "level": severity(record.stream)})[1:-1]
            self._tail = b",%s,%s" % (times, self._extra)
        return self._head + msgspec.json.encode(record.text) + self._tail


def _extra(context: LogContext) -> Mapping[str, str]:
    chosen = attributes_of(context)
    return {
        "_container_id": context.container_id,
        "_container_name": context.container_name,
        "_image_id": context.image_id,
        "_image_name": context.image,
        "_command": " ".join(context.command),
        "_tag": tag_of(context),
        "_created": rfc3339_nano(context.created_ns),
        **{key if key.startswith("_") else f"_{key}": value for key, value in chosen.items()},
    }


def compressed(message: bytes, kind: str, level: int) -> bytes:
    """Return a message as UDP carries it; `kind` is gzip, zlib or none."""
    if kind not in _WINDOW:
        return message
    packer = zlib.compressobj(level, wbits=_WINDOW[kind])
    return packer.compress(message) + packer.flush()


def datagrams(message: bytes) -> Sequence[bytes]:
    """Return the datagrams of a message; none where it is larger than 128 chunks."""
    if len(message) <= _DATAGRAM:
        return (message,)
    size = _DATAGRAM - _HEAD
    pieces = [message[start : start + size] for start in range(0, len(message), size)]
    if len(pieces) > _MOST_CHUNKS:
        return ()
    head = _MAGIC + os.urandom(8)
    return [b"%s%c%c%s" % (head, number, len(pieces), piece) for number, piece in enumerate(pieces)]
