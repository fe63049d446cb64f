"""Fluentd: which receiver, and the wire to it."""

import base64
import os
import time
from collections.abc import Mapping, Sequence

import msgspec

from plugins.log_fluentd.messages import MessageMaker
from plugins.log_fluentd.options import (
    ACK,
    ADDRESS,
    ASYNC,
    OPTIONS,
    PRECISE,
    buffer_of,
    interval_of,
    is_chosen,
    patience_of,
    target_of,
    timeout_of,
)
from sdk.drivers.logs import LogContext
from sdk.shipping.records import Record
from sdk.shipping.sockets import Connection
from sdk.shipping.wire import Delivery, Protocol, Wire
from sdk.text import UNREADABLE

_LONGEST_ANSWER = 4096


class Fluentd(Protocol):
    """The fluentd driver's own part."""

    name = "fluentd"
    options = OPTIONS

    def check(self, options: Mapping[str, str]) -> None:
        target_of(options)
        buffer_of(options)
        patience_of(options)
        interval_of(options)
        timeout_of(options)
        for key in (ASYNC, ACK, PRECISE):
            is_chosen(options, key)

    def delivery(self, context: LogContext) -> Delivery:
        options = context.options
        target, seconds, interval = target_of(options), timeout_of(options), interval_of(options)
        messages = MessageMaker(context, precise=is_chosen(options, PRECISE))
        is_answered = is_chosen(options, ACK)

        def wire() -> Wire:
            connection = Connection(target, seconds)
            return AnsweredWire(connection, messages, seconds) if is_answered else PlainWire(connection, messages, interval)

        return Delivery(
            receiver=f"fluentd {options.get(ADDRESS, '')}".strip(),
            wire=wire,
            patience=patience_of(options),
            needs_receiver=not is_chosen(options, ASYNC),
            buffer=buffer_of(options),
            has_pieces=True,
        )


class PlainWire(Wire):
    """A message for each record. After `interval` seconds the connection is made anew; 0 is never."""

    def __init__(self, connection: Connection, messages: MessageMaker, interval: float) -> None:
        self._connection = connection
        self._messages = messages
        self._interval = interval
        self._since = 0.0

    def connect(self) -> None:
        self._connection.connect()
        self._since = time.monotonic()

    def send(self, records: Sequence[Record]) -> None:
        if self._interval and time.monotonic() - self._since >= self._interval:
            self.connect()
        self._connection.send([self._messages.message(record) for record in records], self.is_over)

    def close(self) -> None:
        self._connection.close()


class AnsweredWire(Wire):
    """A message for each batch, which counts as sent when the receiver has answered it, within `seconds`."""

    def __init__(self, connection: Connection, messages: MessageMaker, seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds
        self._messages = messages

    def connect(self) -> None:
        self._connection.connect()

    def send(self, records: Sequence[Record]) -> None:
        chunk = base64.b64encode(os.urandom(16)).decode()
        self._connection.send([self._messages.answered(records, chunk)], self.is_over)
        if self._answer() != {"ack": chunk}:
            raise OSError("fluentd acknowledged another message")

    def close(self) -> None:
        self._connection.close()

    def _answer(self) -> object:
        answer, until = b"", time.monotonic() + self._seconds
        while len(answer) < _LONGEST_ANSWER:
            answer += self._connection.receive(until)
            try:
                return msgspec.msgpack.decode(answer, type=dict[str, str])
            except UNREADABLE:  # half of it, or none
                continue
        raise OSError("fluentd answered what is no acknowledgement")
