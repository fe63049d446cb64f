"""Sockets to receivers that are there, are not, close, and do not read."""

import re
import socket
from pathlib import Path

import pytest

from sdk.shipping.sockets import Connection, Datagrams, Target, dial
from sdk.shipping.wire import Undelivered
from tests.log_receivers import receiving, tcp, udp, unix, until


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (Target("unix", path="/nonexistent/log"), "dial unix /nonexistent/log: connect: no such file or directory"),
        (Target("unixgram", path="/nonexistent/log"), "dial unixgram /nonexistent/log: connect: no such file or directory"),
        (Target("tcp", "no-such-host.invalid.", 1), "dial tcp: lookup no-such-host.invalid.: no such host"),
        (Target("tcp", "a" * 70 + ".b", 1), f"dial tcp: lookup {'a' * 70}.b: no such host"),
    ],
)
def test_what_cannot_be_reached_is_told_in_gos_words(target: Target, words: str) -> None:
    with pytest.raises(OSError, match=f"^{re.escape(words)}$"):
        dial(target)


def test_a_port_where_no_receiver_listens() -> None:
    port = free_port()
    with pytest.raises(OSError, match=f"^dial tcp 127.0.0.1:{port}: connect: connection refused$"):
        dial(Target("tcp", "127.0.0.1", port))


def test_a_receiver_that_closed_takes_nothing_more() -> None:
    with receiving(tcp()) as receiver:
        connection = Connection(Target("tcp", "127.0.0.1", receiver.port))
        connection.connect()
        connection.send([b"one\n", b"two\n"])
        assert receiver.wait_for_lines(2) == [b"one", b"two"]
    with pytest.raises(Undelivered, match="broken pipe") as failed:
        connection.send([b"three\n"])
    assert failed.value.taken == 0
    connection.close()
    connection.close()


def test_what_the_kernel_took_of_a_receiver_that_does_not_read_counts_by_whole_messages() -> None:
    messages = [b"x" * 100_000] * 400
    with receiving(tcp(), reads=False) as receiver:
        connection = Connection(Target("tcp", "127.0.0.1", receiver.port), seconds=0.05)
        connection.connect()
        with pytest.raises(Undelivered, match=r"^write tcp: i/o timeout$") as failed:
            connection.send(messages)
        connection.close()
    assert 0 < failed.value.taken < len(messages)


def test_answers_are_received_and_their_end_is_an_error() -> None:
    with receiving(tcp()) as receiver:
        receiver.answer = lambda _data: b"ok"
        connection = Connection(Target("tcp", "127.0.0.1", receiver.port))
        with pytest.raises(OSError, match="not connected"):
            connection.receive()
        connection.connect()
        connection.send([b"one\n"])
        assert connection.receive() == b"ok"
    with pytest.raises(OSError, match="EOF"):
        connection.receive()
    connection.close()


def test_datagrams(tmp_path: Path) -> None:
    with receiving(udp) as receiver:
        datagrams = Datagrams(Target("udp", "127.0.0.1", receiver.port))
        with pytest.raises(OSError, match="not connected"):
            datagrams.send([(b"early",)])
        datagrams.connect()
        datagrams.send([(b"one",), (b"two", b"three")])
        assert receiver.wait_for_datagrams(3) == [b"one", b"two", b"three"]
        with pytest.raises(Undelivered) as failed:
            datagrams.send([(b"four",), (b"x" * 70_000,), (b"five",)])
        assert (failed.value.taken, failed.value.lost) == (1, 1)
        datagrams.close()
    with receiving(unix(tmp_path / "log", socket.SOCK_DGRAM)) as receiver:
        local = Datagrams(Target("unixgram", path=str(tmp_path / "log")))
        local.connect()
        local.send([(b"one",)])
        receiver.wait_for_datagrams(1)
    with pytest.raises(Undelivered, match="connection refused"):
        local.send([(b"two",)])
    local.close()


def test_udp_does_not_tell_whether_a_receiver_is_there() -> None:
    datagrams = Datagrams(Target("udp", "127.0.0.1", free_port()))
    datagrams.connect()
    datagrams.send([(b"%d" % number,) for number in range(20)])
    datagrams.close()


def test_a_slow_reader_of_a_stream_gets_all(tmp_path: Path) -> None:
    with receiving(unix(tmp_path / "log")) as receiver:
        connection = Connection(Target("unix", path=str(tmp_path / "log")))
        connection.connect()
        connection.send([b"x" * 1_000_000 + b"\n"] * 4)
        until(lambda: len(receiver.received) == 4_000_004)
        connection.close()


def test_what_takes_many_steps_ends_when_its_time_is_over(tmp_path: Path) -> None:
    def is_over() -> bool:
        asked.append(True)
        return len(asked) == 3

    asked: list[bool] = []
    with receiving(unix(tmp_path / "stream")) as receiver:
        connection = Connection(Target("unix", path=str(tmp_path / "stream")))
        connection.connect()
        with pytest.raises(Undelivered, match=r"^write unix: the time for sending is over$") as failed:
            connection.send([b"x" * 60_000] * 100, is_over)
        connection.close()
        receiver.wait_for(lambda: receiver.ended == 1)
        assert failed.value.taken == len(receiver.received) // 60_000 < 100
    asked.clear()
    with receiving(unix(tmp_path / "log", socket.SOCK_DGRAM)) as receiver:
        datagrams = Datagrams(Target("unixgram", path=str(tmp_path / "log")))
        datagrams.connect()
        with pytest.raises(Undelivered, match=r"^write unixgram: the time for sending is over$") as failed:
            datagrams.send([(b"one",)] * 10, is_over)
        datagrams.close()
        receiver.wait_for_datagrams(3)
    assert (failed.value.taken, len(receiver.datagrams)) == (3, 3)


def test_all_addresses_of_a_name_share_the_time_to_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.0.0.{number}", 1)) for number in (1, 2, 3, 4)]
    given: list[float] = []

    def never_there(opened: socket.socket, _address: object) -> None:
        given.append(opened.gettimeout() or 0.0)
        raise TimeoutError

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket.socket, "connect", never_there)
    with pytest.raises(OSError, match=r"^dial tcp 127.0.0.4:1: i/o timeout$"):
        dial(Target("tcp", "h", 1))
    assert len(given) == 4
    assert given[0] <= 2.5
