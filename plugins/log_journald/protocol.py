"""The journal: its socket, and the wire to it."""

import errno
import fcntl
import os
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from plugins.log_journald.entries import EntryMaker
from sdk.drivers.logs import LogContext
from sdk.shipping.records import Record
from sdk.shipping.sockets import Datagrams, Target
from sdk.shipping.wire import Delivery, Protocol, Wire

_TOO_LARGE = (errno.EMSGSIZE, errno.ENOBUFS)
_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL


class Journald(Protocol):
    """The journald driver's own part."""

    name = "journald"
    options = frozenset[str]()

    def __init__(self, path: Path) -> None:
        self._target = Target("unixgram", path=str(path))

    def check(self, options: Mapping[str, str]) -> None:
        """It has no options of its own."""

    def delivery(self, context: LogContext) -> Delivery:
        entries = EntryMaker(context)
        return Delivery("journald", lambda: JournalWire(self._target, entries), has_pieces=True)


class JournalWire(Wire):
    """A datagram for each entry; one that is too large goes as a sealed file, as the journal demands."""

    def __init__(self, target: Target, entries: EntryMaker) -> None:
        self._datagrams = Datagrams(target, _send)
        self._entries = entries

    def connect(self) -> None:
        try:
            self._datagrams.connect()
        except OSError:
            raise OSError("journald is not enabled on this host") from None

    def send(self, records: Sequence[Record]) -> None:
        self._datagrams.send(((self._entries.entry(record),) for record in records), self.is_over)

    def close(self) -> None:
        self._datagrams.close()


def _send(opened: socket.socket, entry: bytes) -> None:
    try:
        opened.send(entry)
    except OSError as error:
        if error.errno not in _TOO_LARGE:
            raise
        _send_file(opened, entry)


def _send_file(opened: socket.socket, entry: bytes) -> None:
    descriptor = os.memfd_create("journal-entry", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(entry)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
        socket.send_fds(opened, [b""], [descriptor])
    finally:
        os.close(descriptor)
