"""Entries of the journal in its native protocol: fields, each a line, or with its length where the value has lines."""

import re
from collections.abc import Iterable

from sdk.drivers.logs import LogContext, StdStream
from sdk.logfiles.attributes import attributes_of
from sdk.logfiles.tags import SHORT, tag_of
from sdk.logfiles.times import rfc3339_nano
from sdk.shipping.records import Partial, Record, severity

_NOT_IN_NAMES = re.compile(r"[^A-Z0-9]", re.ASCII)
_LONGEST_NAME = 64


class EntryMaker:
    """Makes the entries of one container."""

    def __init__(self, context: LogContext) -> None:
        tag = tag_of(context)
        fields = {
            "CONTAINER_ID": context.container_id[:SHORT],
            "CONTAINER_ID_FULL": context.container_id,
            "CONTAINER_NAME": context.container_name,
            "CONTAINER_TAG": tag,
            "IMAGE_NAME": context.image,
            "SYSLOG_IDENTIFIER": tag,
        }
        chosen = {field_name(key): value for key, value in attributes_of(context).items()}
        self._fixed = _fields((fields | {key: value for key, value in chosen.items() if key}).items())
        self._last = StdStream.STDIN, 0
        self._rest = b""

    def entry(self, record: Record) -> bytes:
        """Return a record as an entry."""
        if self._last != (record.stream, record.time_ns):  # lines that were read at once have one time
            self._last = record.stream, record.time_ns
            fields = {"PRIORITY": str(severity(record.stream)), "SYSLOG_TIMESTAMP": rfc3339_nano(record.time_ns)}
            self._rest = self._fixed + _fields(fields.items())
        partial = b"" if record.partial is None else _of_piece(record.partial)
        return b"MESSAGE=%s\n%s%s" % (record.line, self._rest, partial)


def _of_piece(partial: Partial) -> bytes:
    fields = {
        "CONTAINER_PARTIAL_ID": partial.line_id,
        "CONTAINER_PARTIAL_ORDINAL": str(partial.ordinal),
        "CONTAINER_PARTIAL_LAST": str(partial.last).lower(),
    }
    return _fields((fields if partial.last else {**fields, "CONTAINER_PARTIAL_MESSAGE": "true"}).items())


def field_name(name: str) -> str:
    """Return a name as the journal takes it: capitals, digits and underscores, none of these at the beginning; "" if nothing is left."""
    return _NOT_IN_NAMES.sub("_", name.upper()).lstrip("_")[:_LONGEST_NAME]


def _fields(fields: Iterable[tuple[str, str]]) -> bytes:
    return b"".join(_field(name.encode(), value.encode(errors="surrogateescape")) for name, value in fields)


def _field(name: bytes, value: bytes) -> bytes:
    if b"\n" not in value:
        return b"%s=%s\n" % (name, value)
    return b"%s\n%s%s\n" % (name, len(value).to_bytes(8, "little"), value)
