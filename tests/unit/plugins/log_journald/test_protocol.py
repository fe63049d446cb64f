"""The wire to a socket that listens as the journal's does."""

import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugins.log_journald.protocol import Journald
from sdk.drivers.logs import LogContext, StdStream
from sdk.shipping.records import Record
from sdk.shipping.wire import Undelivered, Wire


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "socket"))
        listening.settimeout(30)
        yield listening


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    labels = {"large": "x" * 5_000_000}
    delivery = Journald(tmp_path / "socket").delivery(LogContext("id", "box", "image", Path("/"), {"labels": "large"}, labels))
    made = delivery.wire()
    yield made
    made.close()


def small(tmp_path: Path) -> Wire:
    return Journald(tmp_path / "socket").delivery(LogContext("id", "box", "image", Path("/"))).wire()


def test_an_entry_is_a_datagram(journal: socket.socket, tmp_path: Path) -> None:
    wire = small(tmp_path)
    wire.connect()
    wire.send([Record(StdStream.STDOUT, 1, b"one"), Record(StdStream.STDOUT, 1, b"two")])
    assert [journal.recv(1 << 16).split(b"\n")[0] for _ in range(2)] == [b"MESSAGE=one", b"MESSAGE=two"]
    wire.close()


def test_an_entry_that_is_too_large_is_a_sealed_file(journal: socket.socket, wire: Wire) -> None:
    wire.connect()
    wire.send([Record(StdStream.STDOUT, 1, b"one")])
    data, descriptors, _, _ = socket.recv_fds(journal, 1, 1)
    assert data == b""
    with open(descriptors[0], "rb") as file:
        assert fcntl.fcntl(file, fcntl.F_GET_SEALS) & fcntl.F_SEAL_WRITE
        assert os.pread(file.fileno(), 12, 0) == b"MESSAGE=one\n"
        assert os.fstat(file.fileno()).st_size > 5_000_000


def test_a_journal_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"^journald is not enabled on this host$"):
        small(tmp_path).connect()
    with pytest.raises(OSError, match=r"^not connected$"):
        small(tmp_path).send([])


def test_a_journal_that_dies(journal: socket.socket, tmp_path: Path) -> None:
    wire = small(tmp_path)
    wire.connect()
    wire.send([Record(StdStream.STDOUT, 1, b"one")])
    journal.close()
    with pytest.raises(Undelivered, match=r"^write unixgram: connection refused$") as failed:
        wire.send([Record(StdStream.STDOUT, 1, b"two")])
    assert failed.value.taken == 0
    wire.close()


def test_it_has_no_options_of_its_own() -> None:
    assert Journald.options == frozenset()
    assert Journald(Path("/x")).unknown("a") == "unknown log opt 'a' for journald log driver"
