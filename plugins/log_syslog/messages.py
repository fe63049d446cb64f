"""Syslog messages (RFC 3164, RFC 5424) and their framing on streams (RFC 6587, RFC 5425), as Docker's driver writes them."""

import os
import socket
import time
from collections.abc import Callable
from enum import StrEnum

from sdk.drivers.logs import StdStream
from sdk.shipping.records import Record, severity

_BILLION = 10**9
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Format(StrEnum):
    """`syslog-format`. The one without a name is RFC 3164's without the host, as the machine's own syslog takes it."""

    LOCAL = ""
    RFC3164 = "rfc3164"
    RFC5424 = "rfc5424"
    RFC5424_MICRO = "rfc5424micro"


class MessageMaker:
    """Makes the messages of one container. `counted` puts the length before each message of RFC 5424, as RFC 5425 wants it over TLS."""

    def __init__(self, shape: Format, facility: int, tag: str, *, counted: bool) -> None:
        self._facility = facility << 3
        self._tag = tag
        self._host = socket.gethostname()
        self._process = os.getpid()
        self._head = self._heads()[shape]
        self._last = StdStream.STDIN, 0
        self._begin = b""
        self._counted = counted and shape in (Format.RFC5424, Format.RFC5424_MICRO)

    def message(self, record: Record) -> bytes:
        """Return a record as a message, which ends in a newline."""
        if self._last != (record.stream, record.time_ns):  # lines that were read at once have one time
            self._last = record.stream, record.time_ns
            self._begin = self._head(f"<{self._facility | severity(record.stream)}>", record.time_ns).encode()
        message = self._begin + record.line + b"\n"
        return b"%d %s" % (len(message), message) if self._counted else message

    def _heads(self) -> dict[Format, Callable[[str, int], str]]:
        return {
            Format.LOCAL: lambda priority, at: f"{priority}{_stamp(at)} {self._tag}[{self._process}]: ",
            Format.RFC3164: lambda priority, at: f"{priority}{_stamp(at)} {self._host} {self._tag}[{self._process}]: ",
            Format.RFC5424: lambda priority, at: self._newer(priority, _rfc3339(at, "")),
            Format.RFC5424_MICRO: lambda priority, at: self._newer(priority, _rfc3339(at, f".{at % _BILLION // 1000:06d}")),
        }

    def _newer(self, priority: str, at: str) -> str:
        return f"{priority}1 {at} {self._host} {self._tag} {self._process} {self._tag} - "


def _stamp(time_ns: int) -> str:
    """Return RFC 3164's time, which is local and English."""
    at = time.localtime(time_ns // _BILLION)
    return f"{_MONTHS[at.tm_mon - 1]} {at.tm_mday:2d} {at.tm_hour:02d}:{at.tm_min:02d}:{at.tm_sec:02d}"


def _rfc3339(time_ns: int, fraction: str) -> str:
    at = time.localtime(time_ns // _BILLION)
    minutes = at.tm_gmtoff // 60
    zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}" if minutes else "Z"
    return time.strftime("%Y-%m-%dT%H:%M:%S", at) + fraction + zone
