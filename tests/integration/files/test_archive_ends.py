"""Archives as clients send them: such as end early are taken where Go's reader takes them, broken ones are the client's fault."""

import io
import json
import tarfile

import pytest

from sdk.testing.images import make_tar
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged

TAR = {"Content-Type": "application/x-tar"}
FILE = b"FROM scratch\nCOPY data /data\n"


def archive(*members: tuple[str, bytes]) -> bytes:
    """Return a tar without padding and end."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return output.getvalue()[: output.getvalue().rindex(members[-1][1]) + len(members[-1][1])]


def linked(kind: bytes, name: str, target: str, *below: str) -> bytes:
    """Return a tar of a link, and of files whose names lead through it."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as tar:
        for each in (name, *below):
            info = tarfile.TarInfo(each)
            if each == name:
                info.type, info.linkname = kind, target
            tar.addfile(info)
    return output.getvalue()


def post(daemon: Daemon, path: str, body: bytes, method: str = "POST") -> tuple[int, str]:
    """Return the status, or 0 for a stream that ended well; and what was said of a failure."""
    status, answer = daemon.request(method, path, body, TAR)
    if status != 200:
        return status, str(json.loads(answer)["message"])
    lines = [json.loads(line) for line in answer.splitlines() if line.startswith(b"{")]
    return 0, " ".join(str(line["error"]) for line in lines if "error" in line)


def test_an_archive_may_end_with_its_last_content(shared_daemon: Daemon) -> None:
    shared_daemon.docker("create", "--name", "box", "busybox")
    assert post(shared_daemon, "/build?version=1&t=early", archive(("Dockerfile", FILE), ("data", b"data"))) == (0, "")
    assert post(shared_daemon, "/containers/box/archive?path=/tmp", archive(("one", b"1"), ("two", b"2")), "PUT") == (0, "")
    assert post(shared_daemon, "/images/create?fromSrc=-&repo=early", archive(("one", b"1"), ("two", b"2"))) == (0, "")
    saved = shared_daemon.request("GET", "/images/early/get")[1]
    with tarfile.open(fileobj=io.BytesIO(saved)) as tar:
        last = [member for member in tar if member.isreg()][-1]
    assert post(shared_daemon, "/images/load", saved[: last.offset_data + last.size]) == (0, "")
    _, stored = shared_daemon.request("GET", "/containers/box/archive?path=/tmp/two")
    with tarfile.open(fileobj=io.BytesIO(stored)) as tar:
        assert tar.extractfile("two").read() == b"2"
    shared_daemon.docker("rmi", "-f", "early")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (archive(("Dockerfile", FILE), ("data", b"data"))[:-1], "unexpected EOF"),
        (archive(("Dockerfile", FILE), ("data", b"data")) + bytes(508 + 700), "unexpected EOF"),
        (b"no tar at all" * 100, "invalid tar header"),
        (linked(tarfile.LNKTYPE, "l", "nowhere"), "no such file or directory"),
        (linked(tarfile.SYMTYPE, "l", "l", "l/x"), "too many levels of symbolic links"),
        (linked(tarfile.SYMTYPE, "l", "/nowhere", "l/x"), "/l"),
        (b"\x1f\x8b\x08" + bytes(30), ""),
    ],
)
def test_a_broken_archive_is_the_clients_fault(shared_daemon: Daemon, body: bytes, said: str) -> None:
    shared_daemon.docker("create", "--name", "box", "busybox")
    for method, path in (
        ("POST", "/build?version=1"),
        ("PUT", "/containers/box/archive?path=/tmp"),
        ("POST", "/images/create?fromSrc=-&repo=broken"),
        ("POST", "/images/load"),
    ):
        status, message = post(shared_daemon, path, body, method)
        assert status in (400, 0), (path, status, message)
        assert message or status == 0, path
        assert "Errno" not in message
        if path.startswith("/build") and status:
            assert said in message, message


def test_a_truncated_archive_fails_the_step_that_adds_it(shared_daemon: Daemon) -> None:
    inner = make_tar({"file": b"content"})
    whole = inner[: len(inner.rstrip(b"\0")) + -len(inner.rstrip(b"\0")) % 512] + bytes(1024)
    for content, failed in ((whole, False), (whole[:-1], True), (whole[:-1024], False)):
        context = archive(("Dockerfile", b"FROM scratch\nADD test.tar /\n"), ("test.tar", content))
        _, said = post(shared_daemon, "/build?version=1&nocache=1", context)
        assert bool(said) == failed, said
