"""TLS of which each direction ends by itself, between a client in memory and a protocol that notes what it gets."""

import asyncio
import shutil
import ssl
import subprocess
from contextlib import suppress

import pytest

from core.daemon.tls import TLSConnection, TLSTransport, behind_tls

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed"),
]


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    place = tmp_path_factory.mktemp("tls")
    subject = ["-subj", "/CN=localhost", "-days", "2"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", place / "key.pem"]
    subprocess.run(["openssl", "req", "-x509", *key, "-out", place / "cert.pem", *subject], check=True, capture_output=True)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(place / "cert.pem", place / "key.pem")
    return made


class Wire(asyncio.Transport):
    """A TCP connection that keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent, self.closed, self.aborted, self.paused = b"", False, False, False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent += data

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = self.aborted = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False

    def get_extra_info(self, name: str, default: object = None) -> object:
        return ("127.0.0.1", 1) if name == "peername" else default


class Noting(asyncio.Protocol):
    """The protocol behind: keeps the connection open after the client's end."""

    def __init__(self, *, stays: bool = True) -> None:
        self.received, self.calls, self.stays = b"", [], stays

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.calls.append("made")

    def data_received(self, data: bytes) -> None:
        self.received += data

    def eof_received(self) -> bool:
        self.calls.append("eof")
        return self.stays

    def pause_writing(self) -> None:
        self.calls.append("pause")

    def resume_writing(self) -> None:
        self.calls.append("resume")

    def connection_lost(self, exc: Exception | None) -> None:
        self.calls.append("lost")


class Client:
    """A TLS client, and the server's side it is connected to."""

    def __init__(self, context: ssl.SSLContext, *, admit: bool = True, stays: bool = True) -> None:
        self.behind, self.wire = Noting(stays=stays), Wire()
        self.server = TLSConnection(context, self.behind, lambda _wire: admit)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        self.tls = trusting.wrap_bio(self._incoming, self._outgoing)
        self.server.connection_made(self.wire)

    def connect(self) -> "Client":
        for _ in range(4):
            with suppress(ssl.SSLWantReadError):
                self.tls.do_handshake()
            self.exchange()
        assert isinstance(self.behind.transport, TLSTransport)
        return self

    def exchange(self, step: int = 1 << 20) -> None:
        data = self._outgoing.read()
        for start in range(0, len(data), step):
            self.server.data_received(data[start : start + step])
        self._incoming.write(self.wire.sent)
        self.wire.sent = b""

    def send(self, data: bytes, step: int = 1 << 20) -> None:
        self.tls.write(data)
        self.exchange(step)

    def end(self) -> None:
        with suppress(ssl.SSLError):
            self.tls.unwrap()
        self.exchange()

    def received(self) -> bytes:
        self.exchange()
        found = b""
        with suppress(ssl.SSLWantReadError):
            while piece := self.tls.read(1 << 16):
                found += piece
        return found


@pytest.mark.parametrize("step", [1, 100, 1 << 20])
async def test_data_passes_both_ways_however_it_is_cut(context: ssl.SSLContext, step: int) -> None:
    client = Client(context).connect()
    client.send(b"request" * 1000, step)
    assert client.behind.received == b"request" * 1000
    client.behind.transport.write(bytearray(b"reply"))
    assert client.received() == b"reply"
    assert client.behind.calls == ["made"]


async def test_output_goes_on_after_the_clients_end(context: ssl.SSLContext) -> None:
    client = Client(context).connect()
    client.send(b"last")
    client.end()
    assert (client.behind.received, client.behind.calls) == (b"last", ["made", "eof"])
    assert not client.wire.closed
    client.server.write(b"output")
    client.behind.transport.close()
    assert client.wire.closed
    assert len(client.wire.sent) > len(b"output"), "output and a close_notify"


async def test_a_protocol_that_is_done_at_the_clients_end_is_closed(context: ssl.SSLContext) -> None:
    client = Client(context, stays=False).connect()
    client.end()
    assert client.wire.closed


async def test_input_goes_on_after_our_end(context: ssl.SSLContext) -> None:
    client = Client(context).connect()
    client.behind.transport.write_eof()
    client.behind.transport.write_eof()
    client.behind.transport.write(b"nothing more is sent")
    assert client.received() == b""
    client.server.data_received(b"")
    assert not client.wire.closed


async def test_what_follows_the_clients_end_is_dropped(context: ssl.SSLContext) -> None:
    """Nothing would ever take it, and it would fill the daemon's memory."""
    client = Client(context).connect()
    client.end()
    for _ in range(100):
        client.server.data_received(b"x" * 10_000)
    assert client.server._incoming.pending == 0


async def test_what_is_no_tls_is_told_and_closed(context: ssl.SSLContext) -> None:
    client = Client(context)
    client.server.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert client.wire.closed
    assert client.behind.calls == []
    client.server.connection_lost(None)
    assert client.behind.calls == [], "who was never connected is not lost"


async def test_damaged_records_end_the_connection(context: ssl.SSLContext) -> None:
    client = Client(context).connect()
    client.server.data_received(b"\x17\x03\x03\x00\x20" + b"\xff" * 32)
    assert client.wire.closed
    client.server.data_received(b"and more")
    assert client.behind.received == b""


async def test_who_is_not_admitted_is_cut_off_before_the_handshake(context: ssl.SSLContext) -> None:
    client = Client(context, admit=False)
    assert client.wire.aborted
    client.server.connection_lost(None)


async def test_a_handshake_that_never_ends_is_ended(context: ssl.SSLContext) -> None:
    client = Client(context)
    assert 29 < client.server._deadline.when() - asyncio.get_running_loop().time() <= 30
    client.server._deadline._run()
    assert client.wire.aborted
    connected = Client(context).connect()
    assert connected.server._deadline.cancelled()


async def test_a_paused_reader_gets_nothing_until_it_resumes(context: ssl.SSLContext) -> None:
    client = Client(context).connect()
    client.behind.transport.pause_reading()
    client.send(b"waiting")
    assert (client.behind.received, client.wire.paused) == (b"", True)
    client.behind.transport.resume_reading()
    client.behind.transport.resume_reading()
    await asyncio.sleep(0)
    assert (client.behind.received, client.wire.paused) == (b"waiting", False)


async def test_slowness_and_loss_are_passed_on(context: ssl.SSLContext) -> None:
    early = Client(context)
    early.server.pause_writing()
    early.server.resume_writing()
    assert early.behind.calls == []
    client = Client(context).connect()
    client.server.pause_writing()
    client.server.resume_writing()
    assert client.server.eof_received() is False, "TCP without a close_notify has ended both ways"
    client.server.connection_lost(None)
    assert client.behind.calls == ["made", "pause", "resume", "lost"]


async def test_another_protocol_may_follow(context: ssl.SSLContext) -> None:
    client, other = Client(context).connect(), Noting()
    client.behind.transport.set_protocol(other)
    client.send(b"for the other")
    assert (client.behind.received, other.received) == (b"", b"for the other")
    assert client.behind.transport.get_protocol() is other


async def test_what_can_be_known_of_a_connection(context: ssl.SSLContext) -> None:
    transport = Client(context).connect().behind.transport
    assert transport.get_extra_info("sslcontext") is context
    assert transport.get_extra_info("ssl_object").version() == "TLSv1.3"
    assert transport.get_extra_info("peername") == ("127.0.0.1", 1)
    assert transport.get_extra_info("unknown", 5) == 5
    assert transport.can_write_eof()


async def test_without_a_context_there_is_no_tls(context: ssl.SSLContext) -> None:
    assert behind_tls(None, Noting, bool) is Noting
    assert isinstance(behind_tls(context, Noting, lambda _wire: True)(), TLSConnection)
