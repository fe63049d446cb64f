"""Input that is wrong is the request's fault, in Docker's words and never in Python's."""

import gzip
import http.client
import io
import json
import tarfile

import pytest

from tests.connection import UnixConnection
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged


def tar(**members: bytes | None) -> bytes:
    """Return a tar of files; None is a directory."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.type = tarfile.DIRTYPE if content is None else tarfile.REGTYPE
            entry.size = len(content or b"")
            archive.addfile(entry, io.BytesIO(content or b""))
    return buffer.getvalue()


WHOLE = gzip.compress(tar(Dockerfile=b"FROM scratch\n", file=bytes(range(256)) * 20), mtime=0)
BROKEN = {
    "unexpected EOF": tar(file=b"x" * 5000)[:2000],
    "invalid tar header": b"rubbish" * 200,
    "gzip: invalid checksum": WHOLE[:-8] + b"\0\0\0\0" + WHOLE[-4:],
    "flate: corrupt input": WHOLE[:10] + b"\xff" * (len(WHOLE) - 10),
}


def send(daemon: Daemon, method: str, path: str, body: bytes, kind: str = "application/x-tar") -> tuple[int, str]:
    connection = UnixConnection(daemon.socket)
    try:
        connection.request(method, path, body, {"Content-Type": kind})
        response: http.client.HTTPResponse = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("path", ["/build", "/images/create?fromSrc=-&repo=mine"])
@pytest.mark.parametrize("words", BROKEN)
def test_a_broken_archive_is_the_clients(shared_daemon: Daemon, path: str, words: str) -> None:
    status, answer = send(shared_daemon, "POST", path, BROKEN[words])
    assert status == 400, answer
    assert words in answer


@pytest.mark.parametrize("words", BROKEN)
def test_a_broken_archive_is_not_copied(shared_daemon: Daemon, words: str) -> None:
    shared_daemon.docker("create", "--name", "box", "busybox")
    status, answer = send(shared_daemon, "PUT", "/containers/box/archive?path=/tmp", BROKEN[words])
    assert (status, words in answer) == (400, True), answer


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://[::1", "invalid URL"),
        ("http://xn--/x", "invalid URL"),
        ("http://" + "a" * 70 + ".example/x", "no such host"),
        ("http://nosuch.invalid/x", "no such host"),
        ("http://127.0.0.1:1/x", "connection refused"),
        ("http://127.0.0.1:99999/x", "invalid port"),
    ],
)
@pytest.mark.parametrize("path", ["/build?remote=", "/images/create?fromSrc="])
def test_what_cannot_be_fetched_is_said_in_words(shared_daemon: Daemon, path: str, url: str, words: str) -> None:
    status, answer = send(shared_daemon, "POST", path + url.replace("[", "%5B"), b"")
    assert status in (400, 404, 503), answer
    assert words in answer
    assert "Errno" not in answer


@pytest.mark.parametrize(
    "address", ["http://[::1", "[::1", "http://xn--", "http://x:99999", "http://" + "a" * 70 + ".example", "a b", "\x07", "\u00e9"]
)
def test_a_registry_that_cannot_be_is_refused_at_a_login(shared_daemon: Daemon, address: str) -> None:
    body = json.dumps({"username": "u", "password": "p", "serveraddress": address}).encode()
    status, answer = send(shared_daemon, "POST", "/auth", body, "application/json")
    assert status in (400, 404, 503), answer
    assert "Errno" not in answer
    assert "internal error" not in answer


@pytest.mark.parametrize("url", ["http://[::1/x", "http://xn--/x"])
def test_what_a_step_cannot_fetch_ends_its_build(shared_daemon: Daemon, url: str) -> None:
    status, answer = send(shared_daemon, "POST", "/build", tar(Dockerfile=f"FROM scratch\nADD {url} /y\n".encode()))
    assert status in (200, 400)
    assert "invalid URL" in answer
    assert "Traceback" not in shared_daemon.log.read_text()


@pytest.mark.parametrize("driver", ["\0", "a\0b", "x" * 300, "../x", "/etc", ".", "\u00e9" * 200])
def test_a_volume_driver_that_cannot_be_is_not_found(shared_daemon: Daemon, driver: str) -> None:
    status, answer = send(shared_daemon, "POST", "/volumes/create", json.dumps({"Driver": driver}).encode(), "application/json")
    assert status == 404, answer
    assert "error looking up volume plugin" in answer


@pytest.mark.parametrize("driver", ["\0", "x" * 300, "../x", "/etc"])
def test_a_network_driver_that_cannot_be_is_not_found(shared_daemon: Daemon, driver: str) -> None:
    body = json.dumps({"Name": "net", "Driver": driver}).encode()
    status, answer = send(shared_daemon, "POST", "/networks/create", body, "application/json")
    assert status == 404, answer
