"""Output streams: Docker's frames, and log lines with their decorations."""

import struct
from collections.abc import Callable, Sequence

from plugins.api_docker.convert.times import rfc3339_fixed
from sdk.drivers.logs import LogRecord, StdStream

_header = struct.Struct(">BxxxL")

RAW = "application/vnd.docker.raw-stream"
MULTIPLEXED = "application/vnd.docker.multiplexed-stream"
MULTIPLEXED_SINCE = (1, 42)


def stream_type(version: tuple[int, int], *, terminal: bool) -> str:
    """Return the content type of attach, exec and logs: older versions call framed streams raw as well."""
    return RAW if terminal or version < MULTIPLEXED_SINCE else MULTIPLEXED


def frame(stream: StdStream, data: bytes) -> bytes:
    """Return data behind the 8-byte header that names its stream."""
    return _header.pack(stream, len(data)) + data


def line_encoder(*, terminal: bool, timestamps: bool, details: bool) -> Callable[[Sequence[LogRecord]], bytes]:
    """Return a function that turns a batch of records into bytes of the logs reply."""

    def decorated(record: LogRecord) -> bytes:
        line = record.line
        if details:
            line = ",".join(f"{key}={value}" for key, value in sorted(record.attributes.items())).encode() + b" " + line
        if timestamps:
            line = rfc3339_fixed(record.time_ns).encode() + b" " + line
        return line

    content = decorated if details or timestamps else _plain
    if terminal:
        return lambda batch: b"".join([content(record) for record in batch])
    return lambda batch: b"".join([frame(record.stream, content(record)) for record in batch])


def _plain(record: LogRecord) -> bytes:
    return record.line
