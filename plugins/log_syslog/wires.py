"""Wires to syslog's receivers: streams, datagrams, and whatever the machine's own one listens on."""

from collections.abc import Sequence
from pathlib import Path

from plugins.log_syslog.messages import MessageMaker
from sdk.shipping.records import Record
from sdk.shipping.sockets import Connection, Datagrams, Target
from sdk.shipping.wire import Wire

PLACES: tuple[Path, ...] = (Path("/dev/log"), Path("/var/run/syslog"), Path("/var/run/log"))
"""Where a machine's own syslog listens."""


class StreamWire(Wire):
    """TCP, TLS or a UNIX stream."""

    def __init__(self, target: Target, messages: MessageMaker) -> None:
        self._connection = Connection(target)
        self._messages = messages

    def connect(self) -> None:
        self._connection.connect()

    def send(self, records: Sequence[Record]) -> None:
        self._connection.send([self._messages.message(record) for record in records], self.is_over)

    def close(self) -> None:
        self._connection.close()


class DatagramWire(Wire):
    """UDP or UNIX datagrams."""

    def __init__(self, target: Target, messages: MessageMaker) -> None:
        self._datagrams = Datagrams(target)
        self._messages = messages

    def connect(self) -> None:
        self._datagrams.connect()

    def send(self, records: Sequence[Record]) -> None:
        self._datagrams.send(((self._messages.message(record),) for record in records), self.is_over)

    def close(self) -> None:
        self._datagrams.close()


class LocalWire(Wire):
    """The machine's own syslog, by the first of its sockets that takes a connection."""

    def __init__(self, messages: MessageMaker) -> None:
        self._messages = messages
        self._found: Wire | None = None

    def connect(self) -> None:
        self.close()
        for network, kind in (("unixgram", DatagramWire), ("unix", StreamWire)):
            for place in PLACES:
                wire: Wire = kind(Target(network, path=str(place)), self._messages)
                try:
                    wire.connect()
                except OSError:
                    continue
                wire.is_over = self.is_over
                self._found = wire
                return
        raise OSError("Unix syslog delivery error")

    def send(self, records: Sequence[Record]) -> None:
        if self._found is None:
            raise OSError("not connected")
        self._found.send(records)

    def close(self) -> None:
        if self._found is not None:
            self._found.close()
            self._found = None
