"""Fluentd's forward protocol, version 1: records in msgpack, each as a message of its own, or all in one that is answered."""

from collections.abc import Sequence

import msgspec

from sdk.drivers.logs import LogContext
from sdk.logfiles.attributes import attributes_of
from sdk.logfiles.tags import tag_of
from sdk.shipping.records import Record

_EVENT_TIME = 0
_BILLION = 10**9
_encode = msgspec.msgpack.encode


class MessageMaker:
    """Makes the messages of one container. `precise` has times in nanoseconds instead of whole seconds."""

    def __init__(self, context: LogContext, *, precise: bool) -> None:
        self._tag = tag_of(context)
        self._container = {"container_id": context.container_id, "container_name": f"/{context.container_name}"}
        self._extra = attributes_of(context)
        self._precise = precise

    def message(self, record: Record) -> bytes:
        """Return a record as a message of its own, which has no answer."""
        return _encode((self._tag, self._time(record), self._told(record)))

    def answered(self, records: Sequence[Record], chunk: str) -> bytes:
        """Return records as one message, which the receiver answers with the `chunk`."""
        return _encode((self._tag, [(self._time(record), self._told(record)) for record in records], {"chunk": chunk}))

    def _time(self, record: Record) -> int | msgspec.msgpack.Ext:
        seconds, rest = divmod(record.time_ns, _BILLION)
        if not self._precise:
            return seconds
        return msgspec.msgpack.Ext(_EVENT_TIME, seconds.to_bytes(4, "big") + rest.to_bytes(4, "big"))

    def _told(self, record: Record) -> dict[str, str]:
        told = {**self._container, "source": record.stream.name.lower(), "log": record.text, **self._extra}
        if (partial := record.partial) is not None:
            told["partial_message"] = "true"
            told["partial_id"] = partial.line_id
            told["partial_ordinal"] = str(partial.ordinal)
            told["partial_last"] = str(partial.last).lower()
        return told
