"""A daemon and a buildah in one network namespace, with a registry of Debian images."""

import functools
import gzip
import http.server
import io
import os
import re
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.builds_compared.buildah import Buildah
from tests.builds_compared.cases import CASES, Case
from tests.builds_compared.clients import Client
from tests.builds_compared.flatten import FlatImage
from tests.builds_compared.packages import packages
from tests.client_plugins import BUILDX, COMPOSE, link, require
from tests.compose.debian_daemon import open_debian_daemon
from tests.daemon import Daemon

_TIME = 1_700_000_000
_PORT = 8123


@pytest.fixture(scope="session")
def compared_daemon(tmpfs: Path) -> Iterator[Daemon]:
    """A daemon whose mirror offers the Debian images, and that a web server runs beside."""
    with open_debian_daemon(tmpfs, "test-builds") as daemon:
        with daemon.network.entered():
            server = _web_server(tmpfs)
        try:
            yield daemon
        finally:
            server.shutdown()
            server.server_close()


def _web_server(tmpfs: Path) -> http.server.HTTPServer:
    directory = tmpfs / "web"
    directory.mkdir()
    (directory / "file.txt").write_text("downloaded\n")
    os.utime(directory / "file.txt", (_TIME, _TIME))
    handler = functools.partial(_Quiet, directory=str(directory))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", _PORT), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        del format, args


@pytest.fixture(scope="session")
def secret(tmpfs: Path) -> Path:
    path = tmpfs / "secret"
    path.write_text("s3cret value\n")
    return path


@pytest.fixture(scope="session")
def agent(tmpfs: Path) -> Iterator[dict[str, str]]:
    """An ssh-agent with one key, as variables of the environment."""
    told = subprocess.run(["ssh-agent", "-s", "-a", tmpfs / "agent"], capture_output=True, text=True, check=True).stdout
    variables = dict(re.findall(r"(SSH_\w+)=([^;]+);", told))
    key = tmpfs / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    subprocess.run(["ssh-add", "-q", key], check=True, env=os.environ | variables)
    try:
        yield {"SSH_AUTH_SOCK": variables["SSH_AUTH_SOCK"]}
    finally:
        os.kill(int(variables["SSH_AGENT_PID"]), 15)


@pytest.fixture(scope="session")
def open_client(compared_daemon: Daemon, tmpfs: Path, secret: Path, agent: dict[str, str]) -> Callable[[str], Client]:
    """A function that gives a client by its name."""
    require(BUILDX, COMPOSE)

    @functools.cache
    def opened(name: str) -> Client:
        config = tmpfs / f"client-{name}"
        link(config, BUILDX, COMPOSE)
        return Client(compared_daemon, name, config, secret, agent)

    return opened


@pytest.fixture(scope="session")
def contexts(tmpfs: Path) -> Callable[[Case], Path]:
    """A function that gives a copy of a case's context, all times and modes the same on every machine."""

    @functools.cache
    def copied(name: str) -> Path:
        case = next(case for case in CASES if case.name == name)
        context = tmpfs / "contexts" / name
        shutil.copytree(case.directory, context, symlinks=True)
        if name == "adding":
            _add_archives(context)
        if name == "debian_packages":
            shutil.copytree(packages(), context / "packages")
        for path in (context, *context.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() else 0o644)
            os.utime(path, (_TIME, _TIME), follow_symlinks=False)
        return context

    return lambda case: copied(case.name)


def _add_archives(context: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, mode in (("dir/file", 0o640), ("other", 0o755)):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.uid, entry.gid, entry.mtime = 3, mode, 44, 55, _TIME
            archive.addfile(entry, io.BytesIO(b"abc"))
    (context / "archive.tar.gz").write_bytes(gzip.compress(buffer.getvalue(), mtime=0))
    (context / "plain.gz").write_bytes(gzip.compress(b"not an archive", mtime=0))


@pytest.fixture(scope="session")
def buildah(compared_daemon: Daemon, tmpfs: Path) -> Buildah:
    if shutil.which("buildah") is None:
        pytest.skip("there is no buildah: make test-builds installs it")
    directory = tmpfs / "buildah"
    directory.mkdir()
    return Buildah(compared_daemon.network, directory)


@pytest.fixture(scope="session")
def by_buildah(
    buildah: Buildah, contexts: Callable[[Case], Path], secret: Path, agent: dict[str, str]
) -> Callable[[Case], FlatImage]:
    """A function that gives the image buildah makes of a case."""

    @functools.cache
    def built(name: str) -> FlatImage:
        case = next(case for case in CASES if case.name == name)
        context = contexts(case)
        flags = [f"--build-arg={key}={value}" for key, value in case.arguments.items()]
        flags += [f"--secret=id={case.secret},src={secret}"] if case.secret else []
        flags += [f"--ssh=default={agent['SSH_AUTH_SOCK']}"] if case.ssh else []
        if case.base:
            buildah.build(context, context / case.base, "base:1", [])
        buildah.build(context, context / (case.plain or "Dockerfile"), f"{name}:1", flags)
        return buildah.flat(f"{name}:1")

    return lambda case: built(case.name)
