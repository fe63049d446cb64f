"""Docker's json-file format."""

from collections.abc import Mapping
from typing import ClassVar

from plugins.log_jsonfile.decoding import decode
from plugins.log_jsonfile.encoding import LineEncoder
from sdk.drivers.logs import LogRecord, StdStream
from sdk.logfiles.format import LineFormat


class JsonLines(LineFormat):
    """The lines of one container. Inside a log line quotes are escaped, so a marker cannot be part of one."""

    markers: ClassVar[Mapping[StdStream, bytes]] = {stream: b'"stream":"%s"' % stream.name.lower().encode() for stream in StdStream}

    def __init__(self, attributes: Mapping[str, str]) -> None:
        self._encoder = LineEncoder(attributes)

    def encode(self, stream: StdStream, data: bytes, time_ns: int) -> bytes:
        return self._encoder.encode(stream, data, time_ns)

    def decode(self, block: bytes) -> list[LogRecord]:
        return decode(block)
