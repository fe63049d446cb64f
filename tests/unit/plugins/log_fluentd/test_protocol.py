"""Wires to real receivers that speak fluentd's protocol: as they should, and not."""

import socket
import threading
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from plugins.log_fluentd.protocol import Fluentd
from sdk.drivers.logs import LogContext, StdStream
from sdk.shipping.records import Record
from sdk.shipping.wire import Delivery, Wire
from tests.log_receivers import Receiver, receiving, tcp, unix

RECORDS = [Record(StdStream.STDOUT, 10**9, b"one"), Record(StdStream.STDERR, 10**9, b"two")]


def delivery(address: str, **options: str) -> Delivery:
    chosen = {"fluentd-address": address, **{f"fluentd-{key.replace('_', '-')}": text for key, text in options.items()}}
    return Fluentd().delivery(LogContext("id", "box", "image", Path("/"), chosen))


def connected(address: str, **options: str) -> Wire:
    wire = delivery(address, **options).wire()
    wire.connect()
    return wire


def acknowledged(data: bytes) -> bytes:
    """Answer a message as soon as it is there."""
    try:
        chunk = msgspec.msgpack.decode(data)[2]["chunk"]
    except msgspec.DecodeError:
        return b""
    return msgspec.msgpack.encode({"ack": chunk})


def test_each_record_is_a_message(tmp_path: Path) -> None:
    with receiving(unix(tmp_path / "log")) as receiver:
        wire = connected(f"unix://{tmp_path}/log")
        wire.send(RECORDS)
        wire.close()
        receiver.wait_for(lambda: receiver.received.count(b"container_id") == 2)
        receiver.wait_for(lambda: receiver.received.endswith(b"two"))
        half = len(receiver.received) // 2
    assert [msgspec.msgpack.decode(part)[2]["log"] for part in (receiver.received[:half], receiver.received[half:])] == [
        "one",
        "two",
    ]


def test_an_answer_is_awaited() -> None:
    with receiving(tcp()) as receiver:
        receiver.answer = acknowledged
        wire = connected(f"127.0.0.1:{receiver.port}", request_ack="true")
        wire.send(RECORDS)
        found = msgspec.msgpack.decode(receiver.received)
        assert [told["log"] for _, told in found[1]] == ["one", "two"]
        wire.close()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", r"^read tcp: i/o timeout$"),
        (msgspec.msgpack.encode({"ack": "other"}), "fluentd acknowledged another message"),
        (b"\xc1" * 5000, "fluentd answered what is no acknowledgement"),
    ],
)
def test_an_answer_that_is_none(answer: bytes, words: str) -> None:
    with receiving(tcp()) as receiver:
        receiver.answer = lambda _data: answer
        wire = connected(f"127.0.0.1:{receiver.port}", request_ack="true", read_timeout="50ms", write_timeout="50ms")
        with pytest.raises(OSError, match=words):
            wire.send(RECORDS)
        wire.close()


def test_a_connection_is_made_anew_after_its_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("plugins.log_fluentd.protocol.time.monotonic", lambda: now[0])
    with receiving(tcp()) as receiver:
        wire = connected(f"127.0.0.1:{receiver.port}", async_reconnect_interval="1s")
        for now[0] in (100.5, 101.0, 101.5):
            wire.send(RECORDS)
        wire.close()
        receiver.wait_for(lambda: receiver.connections == 2)


def test_only_async_does_without_a_receiver_at_the_start() -> None:
    assert delivery("h").needs_receiver
    assert not delivery("h", **{"async": "true"}).needs_receiver
    assert delivery("h").has_pieces
    assert (delivery("").receiver, delivery("h", buffer_limit="1m").buffer) == ("fluentd", 1 << 20)


def test_a_receiver_that_dies_breaks_the_wire() -> None:
    receiver = Receiver(tcp())
    wire = connected(f"127.0.0.1:{receiver.port}")
    receiver.stop()
    with pytest.raises(OSError, match=r"broken pipe|connection reset"):
        wire.send(RECORDS)
    wire.close()


def test_an_answer_that_drips_has_one_time_for_all_of_it() -> None:
    stop = threading.Event()

    def drip(server: socket.socket) -> None:
        with server.accept()[0] as connection, suppress(OSError):
            connection.recv(1 << 16)
            connection.sendall(b"\xda\x0f\xff")  # a text of 4095 bytes
            while not stop.wait(0.02):
                connection.sendall(b"a")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        wire = connected(f"127.0.0.1:{server.getsockname()[1]}", request_ack="true", read_timeout="200ms", write_timeout="200ms")
        with pytest.raises(OSError, match=r"^read tcp: i/o timeout$"):
            wire.send(RECORDS)
        wire.close()
        stop.set()
        thread.join(30)


def test_a_time_of_years_is_a_minute() -> None:
    with receiving(tcp()) as receiver:
        wire = connected(f"127.0.0.1:{receiver.port}", read_timeout="2562047h", write_timeout="600h")
        wire.send(RECORDS)
        wire.close()
        receiver.wait_for(lambda: receiver.received.count(b"container_id") == 2)
