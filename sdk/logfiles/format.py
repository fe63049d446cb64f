"""How records stand in a file."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from sdk.drivers.logs import LogRecord, StdStream


class LineFormat(ABC):
    """Writes each record as one line. `markers` are bytes that every line of a stream has once, and no other line has."""

    markers: ClassVar[Mapping[StdStream, bytes]]

    @abstractmethod
    def encode(self, stream: StdStream, data: bytes, time_ns: int) -> bytes:
        """Return the records of some lines, all with the same time. What stands behind the last newline becomes a partial record."""

    @abstractmethod
    def decode(self, block: bytes) -> list[LogRecord]:
        """Return the records of a block of whole lines. Lines that are no records, as after a power failure, are left out."""

    def first_time(self, line: bytes) -> int:
        """Return the time of one line, 0 if it is no record."""
        records = self.decode(line)
        return records[0].time_ns if records else 0
