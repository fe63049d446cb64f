"""`core volume export`, `import` and `clone`: what is in a volume, its own directory included, comes out and in again."""

import hashlib
import io
import json
import os
import socket
import stat
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.asking import eventually
from tests.conftest import DaemonFactory
from tests.connection import UnixConnection
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged


@pytest.fixture
def shared(shared_daemon: Daemon) -> Iterator[Daemon]:
    yield shared_daemon
    shared_daemon.remove_containers()
    for name in volumes(shared_daemon):
        shared_daemon.docker("volume", "rm", name)


def volumes(daemon: Daemon) -> list[str]:
    return daemon.docker("volume", "ls", "-q").stdout.split()


def core(daemon: Daemon, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = daemon.network.command([sys.executable, "-m", "core", "--host", daemon.host, "volume", *words])
    return subprocess.run(command, input=stdin, capture_output=True, check=False)


def ask(daemon: Daemon, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    """Do what `core volume` does, without the time it takes to start."""
    with closing(UnixConnection(daemon.socket)) as connection:
        connection.request(method, f"/volumes/{path}", body)
        response = connection.getresponse()
        return response.status, response.read()


def exported(daemon: Daemon, name: str) -> bytes:
    status, archive = ask(daemon, "GET", f"{name}/archive")
    assert status == 200, archive
    return archive


def imported(daemon: Daemon, name: str, archive: bytes) -> None:
    status, said = ask(daemon, "PUT", f"{name}/archive", archive)
    assert status == 204, said


def refused(daemon: Daemon, method: str, path: str, body: bytes = b"") -> tuple[int, str]:
    status, said = ask(daemon, method, path, body)
    return status, json.loads(said)["message"]


def made(daemon: Daemon, name: str) -> Path:
    daemon.docker("volume", "create", name)
    return place(daemon, name)


def place(daemon: Daemon, name: str) -> Path:
    return Path(daemon.docker("volume", "inspect", "-f", "{{.Mountpoint}}", name).stdout.strip())


def fill(root: Path) -> None:
    (root / "plain").write_text("content\n")
    os.chown(root / "plain", 1000, 2000)
    (root / "plain").chmod(0o4751)
    os.link(root / "plain", root / "other name")
    os.setxattr(root / "plain", "user.colour", b"blue\0green")
    (root / "inner").mkdir()
    os.chown(root / "inner", 5, 6)
    (root / "inner").chmod(0o2750)
    with (root / "inner" / "holes").open("wb") as file:
        file.seek(64 << 20)
        file.write(b"end")
    (root / "inner" / "link").symlink_to("/nowhere/at all")
    os.mkfifo(root / "inner" / "pipe", 0o640)
    os.mknod(root / "inner" / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    os.utime(root / "plain", ns=(1, 1_234_567_890_123_456_789))
    os.setxattr(root, "user.volume", b"itself")
    os.chown(root, 123, 456)
    root.chmod(0o1770)
    os.utime(root, ns=(1, 987_654_321_000_000_001))


Description = dict[str, tuple[object, ...]]


def describe(root: Path) -> Description:
    """Return all that should be the same about a tree."""
    found: Description = {}
    first: dict[int, str] = {}
    for path in [root, *sorted(root.rglob("*"))]:
        status = path.lstat()
        attributes = {name: os.getxattr(path, name, follow_symlinks=False) for name in os.listxattr(path, follow_symlinks=False)}
        content = os.readlink(path) if path.is_symlink() else digest(path) if stat.S_ISREG(status.st_mode) else ""
        size = status.st_size if stat.S_ISREG(status.st_mode) else 0
        same = first.setdefault(status.st_ino, str(path.relative_to(root)))
        facts = (status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns, size, status.st_rdev, attributes, content, same)
        found[str(path.relative_to(root))] = facts
    return found


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def test_out_and_in_again(shared: Daemon) -> None:
    root = made(shared, "data")
    fill(root)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(root / "inner" / "socket"))
    os.utime(root / "inner", ns=(1, 5_000_000_000))
    archive = core(shared, "export", "data").stdout
    assert len(archive) < 1 << 20, "holes are not sent"
    (root / "inner" / "socket").unlink()  # nobody could answer at it
    os.utime(root / "inner", ns=(1, 5_000_000_000))
    assert core(shared, "import", "copy", stdin=archive).stderr == b""
    copy = place(shared, "copy")
    assert describe(copy) == describe(root)
    assert (copy / "inner" / "holes").stat().st_blocks < 100, "holes are holes"
    assert core(shared, "clone", "data", "twin").stdout == b"twin\n"
    assert describe(place(shared, "twin")) == describe(root)
    assert (place(shared, "twin") / "inner" / "holes").stat().st_blocks < 100


def test_gnu_tar_reads_and_writes_such_archives(shared: Daemon, tmp_path: Path) -> None:
    root = made(shared, "data")
    fill(root)
    subprocess.run(["tar", "-x", "--numeric-owner", "--xattrs", "-C", tmp_path], input=exported(shared, "data"), check=True)
    assert (tmp_path / "inner" / "holes").stat().st_size == (64 << 20) + 3
    assert (tmp_path.stat().st_mode, tmp_path.stat().st_uid) == (root.stat().st_mode, 123)
    packed = subprocess.run(
        ["tar", "-cz", "--sparse", "--format=pax", "--xattrs", "-C", root, "."], capture_output=True, check=True
    ).stdout
    imported(shared, "copy", packed)
    assert describe(place(shared, "copy")) == describe(root)


def test_import_is_laid_over_what_there_is(shared: Daemon) -> None:
    fill(made(shared, "data"))
    target = made(shared, "target")
    (target / "mine").write_text("stays")
    (target / "plain").write_text("goes")
    imported(shared, "target", exported(shared, "data"))
    assert ((target / "mine").read_text(), (target / "plain").read_text()) == ("stays", "content\n")


def test_a_volume_in_use_is_imported_into_only_by_force(shared: Daemon) -> None:
    fill(made(shared, "data"))
    archive = exported(shared, "data")
    container = shared.docker("run", "-d", "-v", "busy:/busy", "busybox", "sleep", "1000").stdout.strip()
    assert refused(shared, "PUT", "busy/archive", archive) == (409, f"import into busy: volume is in use - [{container}]")
    assert list(place(shared, "busy").iterdir()) == []
    assert exported(shared, "busy"), "reading harms nobody"
    assert core(shared, "import", "--force", "busy", stdin=archive).returncode == 0
    assert shared.docker("exec", container, "cat", "/busy/plain").stdout == "content\n"


def test_what_cannot_be_is_refused_and_leaves_nothing(shared: Daemon) -> None:
    fill(made(shared, "data"))
    assert refused(shared, "GET", "nothing/archive") == (404, "get nothing: no such volume")
    assert refused(shared, "POST", "nothing/clone?name=copy") == (404, "get nothing: no such volume")
    assert refused(shared, "POST", "data/clone?name=data") == (409, "create data: conflict: volume name must be unique")
    assert refused(shared, "POST", "data/clone") == (400, "the clone needs a name")
    assert refused(shared, "PUT", "a%2Fb/archive")[1].startswith("create a/b:")
    status, said = refused(shared, "PUT", "copy/archive", b"no archive " * 100)
    assert (status, "failed to unpack: invalid tar header" in said) == (400, True)
    status, said = refused(shared, "PUT", "copy/archive", exported(shared, "data")[:2000])
    assert (status, "failed to unpack" in said) == (400, True)
    assert volumes(shared) == ["data"]


def test_an_archive_stays_in_its_volume(shared: Daemon) -> None:
    with io.BytesIO() as file:
        with tarfile.open(fileobj=file, mode="w") as archive:
            link = tarfile.TarInfo("out")
            link.type, link.linkname = tarfile.SYMTYPE, "/"
            archive.addfile(link)
            for name in ("../../escaped", "/escaped", "out/escaped"):
                archive.addfile(tarfile.TarInfo(name))
        content = file.getvalue()
    ask(shared, "PUT", "data/archive", content)
    root = place(shared, "data") if "data" in volumes(shared) else shared.data_root
    assert not Path("/escaped").exists()
    assert not (root.parent / "escaped").exists()
    assert not (root.parent.parent / "escaped").exists()


def test_tmpfs_volumes_are_mounted_for_it(shared: Daemon) -> None:
    fill(made(shared, "data"))
    options = ("--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", "o=size=1m")
    shared.docker("volume", "create", *options, "memory")
    imported(shared, "memory", exported(shared, "data"))
    assert b"./\0" in exported(shared, "memory"), "mounted anew, and empty"


def test_death_in_the_middle_of_an_import(start_daemon: DaemonFactory) -> None:
    with start_daemon() as daemon:
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as members:
            member = tarfile.TarInfo("big")
            member.size = 8 << 20
            members.addfile(member, io.BytesIO(bytes(8 << 20)))
        command = [sys.executable, "-m", "core", "--host", daemon.host, "volume", "import", "half"]
        client = subprocess.Popen(
            daemon.network.command(command), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        assert client.stdin is not None
        client.stdin.write(archive.getvalue()[: 4 << 20])
        client.stdin.flush()
        eventually(lambda: volumes(daemon) == ["half"] and list(place(daemon, "half").iterdir()))
        assert "volume is in use" in daemon.docker("volume", "rm", "half", check=False).stderr
        daemon.kill9()
        client.stdin.close()
        client.wait()
        daemon.start()
        assert volumes(daemon) == []


def test_a_client_that_leaves_leaves_nothing(shared: Daemon) -> None:
    command = [sys.executable, "-m", "core", "--host", shared.host, "volume", "import", "half"]
    client = subprocess.Popen(shared.network.command(command), stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert client.stdin is not None
    client.stdin.write(bytes(tarfile.TarInfo("x").tobuf()[:512]) * 600)
    client.stdin.flush()
    eventually(lambda: volumes(shared) == ["half"])
    client.kill()
    client.stdin.close()
    client.wait()
    eventually(lambda: not volumes(shared))
