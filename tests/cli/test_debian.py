"""A real Debian root file system of several layers: pulled, run, and used as people use one."""

import io
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdk.oci.image import ExecutionConfig
from sdk.testing.images import make_image
from tests.busybox import push
from tests.conftest import MIRROR, REGISTRY, open_daemon, open_network, open_registry
from tests.daemon import Daemon

pytestmark = [
    pytest.mark.privileged,
    pytest.mark.slow,  # make test-huge: debootstrap alone takes three quarters of a minute
    pytest.mark.skipif(shutil.which("debootstrap") is None, reason="debootstrap is not installed"),
]


@pytest.fixture(scope="module")
def root(tmpfs: Path) -> Iterator[Path]:
    """Debian stable's smallest root, made by debootstrap from the machine's own package source."""
    directory = tmpfs / "debian"
    made = subprocess.run(["debootstrap", "--variant=minbase", "stable", directory], capture_output=True, text=True, timeout=600)
    if made.returncode != 0:
        pytest.skip(f"debootstrap cannot reach a package source: {made.stdout[-300:]}")
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def module_daemon(tmpfs: Path, registry_storage: Path, root: Path) -> Iterator[Daemon]:
    base = subprocess.run(["tar", "--xattrs", "-C", root, "-c", "."], capture_output=True, check=True).stdout
    image = make_image([base, _changes(), _removals()], ExecutionConfig(cmd=("bash",), env=("LANG=C.UTF-8",)))
    with open_network() as network, open_registry(network, registry_storage), open_daemon(tmpfs, network, MIRROR) as running:
        with network.entered():
            push(image, REGISTRY, "library/debian")
        yield running


def _changes() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in (
            ("etc/motd", b"second layer\n"),
            ("usr/local/bin/greet", b"#!/bin/bash\necho hello from $(. /etc/os-release; echo $ID)\n"),
        ):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _removals() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("usr/share/.wh.doc"))
        directory = tarfile.TarInfo("var/cache/apt")
        directory.type, directory.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(directory)
        archive.addfile(tarfile.TarInfo("var/cache/apt/.wh..wh..opq"))
    return buffer.getvalue()


def test_it_is_pulled_layer_by_layer_and_behaves_as_debian(shared_daemon: Daemon) -> None:
    docker = shared_daemon.docker
    said = docker("pull", "debian", timeout=180).stdout
    assert said.count("Pull complete") == 3
    assert len(docker("history", "-q", "debian").stdout.split()) == 3
    run = ("run", "--rm", "debian")
    assert docker(*run, "greet").stdout == "hello from debian\n"
    assert docker(*run, "cat", "/etc/motd").stdout == "second layer\n"
    assert (
        docker(*run, "sh", "-c", "ls /usr/share/doc 2>&1; ls -A /var/cache/apt")
        .stdout.strip()
        .endswith("No such file or directory")
    )
    assert "Status: install ok installed" in docker(*run, "dpkg", "-s", "bash").stdout
    assert docker(*run, "su", "-s", "/bin/bash", "nobody", "-c", "id -un").stdout == "nobody\n"
    assert docker(*run, "stat", "-c", "%a %U", "/usr/bin/passwd").stdout == "4755 root\n"
    assert docker(*run, "perl", "-e", "print 6 * 7").stdout == "42"
    checked = docker(*run, "dpkg", "--verify", "--verify-format", "rpm", "coreutils", "libc6", "bash", check=False).stdout
    assert [line for line in checked.splitlines() if "/usr/share/doc" not in line] == []


def test_files_and_changes_in_it(shared_daemon: Daemon, tmp_path: Path) -> None:
    docker = shared_daemon.docker
    docker("pull", "-q", "debian", timeout=180)
    name = docker(
        "run",
        "-d",
        "debian",
        "bash",
        "-c",
        "useradd -m someone && echo done > /home/someone/x && rm -r /usr/share/zoneinfo; sleep 60",
    ).stdout.strip()
    docker("exec", name, "bash", "-c", "until [ -e /home/someone/x ] && [ ! -e /usr/share/zoneinfo ]; do sleep 0.1; done")
    changes = docker("diff", name).stdout.splitlines()
    assert "A /home/someone" in changes
    assert "C /etc/passwd" in changes
    assert not any("resolv.conf" in change for change in changes)
    docker("cp", f"{name}:/home/someone", str(tmp_path))
    assert (tmp_path / "someone" / "x").read_text() == "done\n"
    assert docker("exec", "-u", "someone", name, "id", "-un").stdout == "someone\n"
