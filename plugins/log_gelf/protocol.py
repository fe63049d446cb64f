"""GELF: which receiver, and wires to it."""

from collections.abc import Mapping, Sequence

from plugins.log_gelf.messages import MessageMaker, compressed, datagrams
from plugins.log_gelf.options import ADDRESS, OPTIONS, compression_of, patience_of, target_of
from sdk.drivers.logs import LogContext
from sdk.shipping.addresses import joined
from sdk.shipping.records import Record
from sdk.shipping.sockets import Connection, Datagrams, Target
from sdk.shipping.wire import Delivery, Protocol, Wire


class Gelf(Protocol):
    """The gelf driver's own part."""

    name = "gelf"
    options = OPTIONS

    def unknown(self, option: str) -> str:
        return f'unknown log opt "{option}" for gelf log driver'

    def check(self, options: Mapping[str, str]) -> None:
        target = target_of(options)
        compression_of(options, target.network)
        patience_of(options, target.network)

    def delivery(self, context: LogContext) -> Delivery:
        target, messages = target_of(context.options), MessageMaker(context)
        compression = compression_of(context.options, target.network)
        patience = patience_of(context.options, target.network)

        def wire() -> Wire:
            return StreamWire(target, messages) if target.network == "tcp" else DatagramWire(target, messages, compression)

        return Delivery(f"gelf {context.options[ADDRESS]}", wire, patience)


def _explained(error: OSError, target: Target) -> OSError:
    return OSError(f"gelf: cannot connect to GELF endpoint: {joined(target.host, target.port)} {error}")


class StreamWire(Wire):
    """TCP: each message ends in a null byte."""

    def __init__(self, target: Target, messages: MessageMaker) -> None:
        self._target = target
        self._connection = Connection(target)
        self._messages = messages

    def connect(self) -> None:
        try:
            self._connection.connect()
        except OSError as error:
            raise _explained(error, self._target) from None

    def send(self, records: Sequence[Record]) -> None:
        self._connection.send([self._messages.message(record) + b"\0" for record in records], self.is_over)

    def close(self) -> None:
        self._connection.close()


class DatagramWire(Wire):
    """UDP: messages are compressed, and large ones sent in chunks."""

    def __init__(self, target: Target, messages: MessageMaker, compression: tuple[str, int]) -> None:
        self._target = target
        self._datagrams = Datagrams(target)
        self._messages = messages
        self._compression = compression

    def connect(self) -> None:
        try:
            self._datagrams.connect()
        except OSError as error:
            raise _explained(error, self._target) from None

    def send(self, records: Sequence[Record]) -> None:
        made = (datagrams(compressed(self._messages.message(record), *self._compression)) for record in records)
        self._datagrams.send(made, self.is_over)

    def close(self) -> None:
        self._datagrams.close()
