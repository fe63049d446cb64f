"""Contexts that hold what is no file where a file is read: the build fails at once, and the daemon answers everyone meanwhile."""

import io
import json
import tarfile
import time

import pytest

from tests.daemon import Daemon

pytestmark = pytest.mark.privileged

_KINDS = {
    "fifo": tarfile.FIFOTYPE,
    "zero": tarfile.CHRTYPE,
    "loop": tarfile.BLKTYPE,
    "directory": tarfile.DIRTYPE,
    "link to a device": tarfile.SYMTYPE,
    "link to itself": tarfile.SYMTYPE,
}
_TARGETS = {"link to a device": "/dev/zero", "link to itself": "Dockerfile"}
_REFUSED = {
    "fifo": "open {}: not a regular file",
    "zero": "open {}: not a regular file",
    "loop": "open {}: not a regular file",
    "directory": "read {}: is a directory",
}


def archive(name: str, kind: str) -> bytes:
    """Return a context in which `name` is of a kind that is no file, beside a Dockerfile if that is another one."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as tar:
        for plain, content in {"Dockerfile": b"FROM scratch\nCOPY data /\n", "data": b"data"}.items():
            if plain != name:
                member = tarfile.TarInfo(plain)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        odd = tarfile.TarInfo(name)
        odd.type = _KINDS[kind]
        odd.linkname = _TARGETS.get(kind, "")
        odd.devmajor, odd.devminor = (1, 5) if kind == "zero" else (7, 0)
        tar.addfile(odd)
    return output.getvalue()


def build(daemon: Daemon, context: bytes) -> str:
    """Return what the build said about its end; it must come soon."""
    begun = time.monotonic()
    status, body = daemon.request("POST", "/build?version=1&nocache=1", context, {"Content-Type": "application/x-tar"})
    assert time.monotonic() - begun < 20
    assert daemon.answers()
    if status != 200:
        return str(json.loads(body)["message"])
    return " ".join(str(json.loads(line).get("error", "")) for line in body.splitlines() if line).strip()


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("name", ["Dockerfile", ".dockerignore", "Dockerfile.dockerignore"])
def test_what_is_no_file_is_refused_at_once(shared_daemon: Daemon, name: str, kind: str) -> None:
    said = build(shared_daemon, archive(name, kind))
    if kind in _REFUSED:
        assert said.endswith(_REFUSED[kind].format(name)), said
        assert said.startswith("failed to read dockerfile: " if name == "Dockerfile" else "error reading .dockerignore: "), said
    elif name == "Dockerfile":
        assert said == "failed to read dockerfile: open Dockerfile: no such file or directory"
    else:  # a link out of the context leads nowhere: there is no such file
        assert said == ""


@pytest.mark.parametrize("kind", ["fifo", "zero"])
def test_special_files_among_the_copied_ones_are_copied_as_what_they_are(shared_daemon: Daemon, kind: str) -> None:
    assert build(shared_daemon, archive("data", kind)) == ""


def test_a_dockerfile_without_bounds_is_refused(shared_daemon: Daemon) -> None:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as tar:
        member = tarfile.TarInfo("Dockerfile")
        member.size = (16 << 20) + 1
        tar.addfile(member, io.BytesIO(bytes(member.size)))
    assert build(shared_daemon, output.getvalue()) == "failed to read dockerfile: read Dockerfile: file too large"
