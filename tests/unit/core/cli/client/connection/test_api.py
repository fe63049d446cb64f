"""What the client makes of a daemon's answers, whole ones and broken ones, on a real socket."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.cli.client.connection.api import Api, ApiError
from core.cli.client.connection.endpoint import Endpoint
from core.cli.client.models import Created

Answering = Callable[[bytes], Api]


@pytest.fixture
def answering(tmp_path: Path) -> Iterator[Answering]:
    """A server that answers one request with bytes, and closes."""
    path = tmp_path / "s"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    threads: list[threading.Thread] = []

    def serve(reply: bytes) -> None:
        connection, _ = listener.accept()
        with connection:
            while b"\r\n\r\n" not in connection.recv(1 << 16):
                pass
            connection.sendall(reply)

    def start(reply: bytes) -> Api:
        threads.append(threading.Thread(target=serve, args=(reply,), daemon=True))
        threads[-1].start()
        return Api(Endpoint(f"unix://{path}", path=str(path)))

    yield start
    for thread in threads:
        thread.join(30)
    listener.close()


def reply(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status, len(body), body)


def test_an_answer_is_read_as_a_type(answering: Answering) -> None:
    assert answering(reply(200, b'{"Id": "x", "More": 1}')).get("/x", Created) == Created("x")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"Id": 5}', b'{"Id": "\xff"}', b'{"x": ' + b"[" * 100_000])
def test_an_answer_that_is_none_of_a_daemon(answering: Answering, body: bytes) -> None:
    with pytest.raises(ApiError, match="the answer to /x is none of a daemon: ") as caught:
        answering(reply(200, body)).get("/x", Created)
    assert caught.value.status == 0
    with pytest.raises(ApiError, match="the answer to /y is none of a daemon: "):
        answering(reply(200, body)).answer("POST", "/y", Created, body={"a": 1})


def test_an_answer_to_what_is_posted_is_read_as_a_type(answering: Answering) -> None:
    assert answering(reply(201, b'{"Id": "x"}')).answer("POST", "/x", Created, {"a": "1"}, {"b": 2}) == Created("x")


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (404, b'{"message":"No such container: x"}', "No such container: x"),
        (400, b"plain words\n", "plain words"),
        (400, b'{"message":5}', '{"message":5}'),
        (500, b'{"message":"\xff"}', '{"message":"\ufffd"}'),
        (500, b'{"x":' + b"[" * 20_000, '{"x":' + "[" * 20_000),
        (500, b"", "the daemon answered 500"),
        (500, b"{}", "the daemon answered 500"),
    ],
)
def test_a_refusal_is_the_daemons_sentence(answering: Answering, status: int, body: bytes, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        answering(reply(status, body)).post("/x", body={"a": 1})
    assert (caught.value.status, caught.value.message) == (status, message)


@pytest.mark.parametrize("broken", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"])
def test_a_connection_that_breaks(answering: Answering, broken: bytes) -> None:
    with pytest.raises(ApiError, match="the connection to the daemon broke: ") as caught:
        answering(broken).delete("/x")
    assert caught.value.status == 0


@pytest.mark.parametrize("path", ["/nosuch/core.sock", ""])
def test_a_daemon_that_is_not_there(tmp_path: Path, path: str) -> None:
    api = Api(Endpoint("unix:///x", path=path or str(tmp_path)))
    with pytest.raises(ApiError, match=r"^cannot connect to the daemon at unix:///x: is it running\? Start it with: core serve$"):
        api.hijack("/x")


def test_a_connection_is_taken_over_with_what_came_early(answering: Answering) -> None:
    taken = answering(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\n\r\nearly").hijack("/x", {"stream": "1"}, {"Tty": True})
    assert taken.early == b"early"
    assert taken.wire.receive() == b""
    taken.wire.close()


@pytest.mark.parametrize(
    ("answer", "status", "message"),
    [
        (reply(404, b'{"message":"No such exec: x"}\n'), 404, "No such exec: x"),
        (b"HTTP/1.1 409 Conflict\r\n\r\n", 409, "the daemon answered 409"),
        (b"", 0, "the daemon answered 0"),
        (b"HTTP/\r\n\r\n", 0, "the daemon answered 0"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", 0, "the daemon answered 0"),
        (b"HTTP/1.1 500 X\r\n\r\nplain words", 500, "plain words"),
    ],
)
def test_a_takeover_that_is_refused(answering: Answering, answer: bytes, status: int, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        answering(answer).hijack("/x")
    assert (caught.value.status, caught.value.message) == (status, message)
