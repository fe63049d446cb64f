"""Docker's multiplexed stream: frames of eight bytes of head (stream, three zeros, length) and content."""

import struct
from collections.abc import Iterator

_HEAD = struct.Struct(">BxxxI")


class Frames:
    """Takes bytes as they come and gives back whole pieces with their stream: 1 for stdout, 2 for stderr."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield the frames that are complete with these bytes."""
        self._rest += data
        offset = 0
        while len(self._rest) - offset >= _HEAD.size:
            stream, length = _HEAD.unpack_from(self._rest, offset)
            begin = offset + _HEAD.size
            if len(self._rest) < begin + length:
                break
            yield stream, self._rest[begin : begin + length]
            offset = begin + length
        self._rest = self._rest[offset:]
