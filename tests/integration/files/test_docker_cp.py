"""The stock CLI's `cp`, `diff` and `export` against a daemon: containers that run, ran, and never ran."""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemon import Daemon

pytestmark = pytest.mark.privileged


@pytest.fixture
def daemon(shared_daemon: Daemon) -> Daemon:
    return shared_daemon


@pytest.fixture(params=["created", "running", "exited"])
def container(daemon: Daemon, request: pytest.FixtureRequest) -> Iterator[str]:
    daemon.docker("create", "--name", "files", "-v", "/srv/data", "busybox", "sleep", "1000")
    if request.param != "created":
        daemon.docker("start", "files")
    if request.param == "exited":
        daemon.docker("kill", "files")
    yield "files"
    daemon.docker("rm", "-f", "-v", "files")


def test_files_go_in_and_come_out(daemon: Daemon, container: str, tmp_path: Path) -> None:
    (tmp_path / "in/sub").mkdir(parents=True)
    (tmp_path / "in/sub/file").write_bytes(b"content" * 100_000)
    (tmp_path / "in/link").symlink_to("sub/file")
    daemon.docker("cp", f"{tmp_path}/in", f"{container}:/opt")
    daemon.docker("cp", f"{container}:/opt", f"{tmp_path}/out")
    assert (tmp_path / "out/sub/file").read_bytes() == b"content" * 100_000
    assert (tmp_path / "out/link").readlink() == Path("sub/file")


def test_a_volume_is_reached_where_it_is_mounted(daemon: Daemon, container: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the volume")
    daemon.docker("cp", f"{tmp_path}/file", f"{container}:/srv/data/")
    daemon.docker("cp", f"{container}:/srv/data/file", f"{tmp_path}/back")
    assert (tmp_path / "back").read_text() == "in the volume"
    assert "/srv/data/file" not in daemon.docker("diff", container).stdout


def test_what_is_missing_is_told_in_dockers_words(daemon: Daemon, container: str, tmp_path: Path) -> None:
    failed = daemon.docker("cp", f"{container}:/nowhere", str(tmp_path), check=False)
    assert failed.returncode == 1
    assert "Could not find the file /nowhere in container files" in failed.stderr


def test_diff_and_export_tell_what_was_copied_in(daemon: Daemon, container: str, tmp_path: Path) -> None:
    (tmp_path / "new").write_text("x")
    daemon.docker("cp", f"{tmp_path}/new", f"{container}:/bin/new")
    assert {"C /bin", "A /bin/new"} <= set(daemon.docker("diff", container).stdout.splitlines())
    daemon.docker("export", "-o", f"{tmp_path}/export.tar", container)
    names = tarfile.TarFile(fileobj=io.BytesIO((tmp_path / "export.tar").read_bytes())).getnames()
    assert {"bin/new", "bin/busybox"} <= set(names)
    assert not [name for name in names if name.startswith(("proc/", "sys/", "srv/data/"))]
