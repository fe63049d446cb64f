"""The stock Docker CLI against a daemon, once per choice of drivers: what a user sees must not depend on them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import open_ready_daemon
from tests.daemon import Daemon

DRIVERS = {
    "overlay-ns": "",
    "vfs": '[drivers]\nstorage = "vfs"\n',
    "oci": '[drivers]\nruntime = "oci"\n',
}

Docker = Callable[..., str]


@pytest.fixture(scope="module", params=DRIVERS)
def module_daemon(tmpfs: Path, registry_storage: Path, request: pytest.FixtureRequest) -> Iterator[Daemon]:
    """A daemon with one choice of drivers, which holds the image busybox."""
    with open_ready_daemon(tmpfs, registry_storage, DRIVERS[request.param]) as running:
        yield running


@pytest.fixture
def docker(shared_daemon: Daemon) -> Docker:
    """Run the CLI; return what it printed, without the last newline."""

    def run(*words: str, stdin: str | None = None) -> str:
        return shared_daemon.docker(*words, stdin=stdin).stdout.removesuffix("\n")

    return run


@pytest.fixture
def fails(shared_daemon: Daemon) -> Callable[..., tuple[int, str]]:
    """Run the CLI where it must fail; return its exit code and what it said."""

    def run(*words: str) -> tuple[int, str]:
        done = shared_daemon.docker(*words, check=False)
        assert done.returncode != 0, done.stdout
        return done.returncode, done.stderr

    return run
