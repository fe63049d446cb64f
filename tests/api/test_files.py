"""Files of a container over the wire."""

import base64
import io
import json
import tarfile

from tests.api.conftest import Api


def tar(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def stat_of(header: str) -> dict[str, object]:
    return json.loads(base64.b64decode(header))


def test_what_is_put_can_be_got(api: Api) -> None:
    api.create("cat", name="x")
    put = api.call(
        "PUT", "/containers/x/archive?path=/tmp/&noOverwriteDirNonDir=true", tar("f", b"content"), {"Content-Type": "text/plain"}
    )
    assert (put.status, put.body) == (200, b"")
    got = api.call("GET", "/containers/x/archive?path=/tmp/f")
    assert got.headers["content-type"] == "application/x-tar"
    stat = stat_of(got.headers["x-docker-container-path-stat"])
    assert stat == {"name": "f", "size": 7, "mode": 0o644, "mtime": "2001-09-09T01:46:40Z", "linkTarget": ""}
    with tarfile.open(fileobj=io.BytesIO(got.body)) as archive:
        assert archive.extractfile("f").read() == b"content"
    assert api.call("GET", "/containers/x/changes").json == [{"Path": "/f", "Kind": 1}]


def test_head_describes_a_directory_with_gos_mode(api: Api) -> None:
    api.create("cat", name="x")
    reply = api.call("HEAD", "/containers/x/archive?path=/tmp/")
    assert (reply.status, reply.body) == (200, b"")
    assert stat_of(reply.headers["x-docker-container-path-stat"])["mode"] == (1 << 31) | 0o755


def test_missing_paths_and_parameters(api: Api) -> None:
    api.create("cat", name="x")
    assert api.call("HEAD", "/containers/x/archive?path=/nope").status == 404
    assert api.call("GET", "/containers/x/archive").status == 400


def test_a_chunked_upload_is_normal(api: Api) -> None:
    api.create("cat", name="x")
    content = tar("f", b"c" * 100_000)
    with api.raw() as client:
        client.sendall(b"PUT /containers/x/archive?path=/tmp/ HTTP/1.1\r\nHost: docker\r\nTransfer-Encoding: chunked\r\n\r\n")
        for start in range(0, len(content), 7000):
            piece = content[start : start + 7000]
            client.sendall(b"%x\r\n" % len(piece) + piece + b"\r\n")
        client.sendall(b"0\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 200")
    assert stat_of(api.call("HEAD", "/containers/x/archive?path=/f").headers["x-docker-container-path-stat"])["size"] == 100_000
