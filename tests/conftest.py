"""Fixtures for tests against a real daemon. What each makes, it takes away again, and asserts that nothing leaked."""

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from sdk.testing.distribution import RunningRegistry, serve_registry
from sdk.testing.netns import private_network
from tests.busybox import busybox, push
from tests.compose.clients import prefer_fetched_docker
from tests.daemon import Daemon
from tests.measured import pytest_runtest_protocol as pytest_runtest_protocol
from tests.measured import pytest_runtestloop as pytest_runtestloop
from tests.measured import pytest_sessionfinish as pytest_sessionfinish
from tests.measured import pytest_terminal_summary as pytest_terminal_summary
from tests.network import NetworkNamespace
from tests.running import keep_bytecode
from tests.running import pytest_collection as pytest_collection
from tests.running import pytest_collection_finish as pytest_collection_finish
from tests.running import pytest_collection_modifyitems as pytest_collection_modifyitems
from tests.tmpfs import mounted_tmpfs, sweep

REGISTRY = "127.0.0.1:5000"
MIRROR = ("--registry-mirror", f"http://{REGISTRY}")

prefer_fetched_docker()
keep_bytecode()

DaemonFactory = Callable[..., AbstractContextManager[Daemon]]


@pytest.fixture(scope="session")
def tmpfs() -> Iterator[Path]:
    """A tmpfs of this test process: making and deleting many files on a disk is slow, and stays slow."""
    parent = Path("/run/core-tests")
    sweep(parent)
    with mounted_tmpfs(parent / str(os.getpid())) as path:
        yield path


@pytest.fixture(scope="session")
def registry_storage(tmpfs: Path) -> Path:
    """What the registry of every test offers: busybox under the name of a public image."""
    directory = tmpfs / "registry"
    network = NetworkNamespace()
    try:
        with network.entered(), serve_registry(directory) as registry:
            push(busybox(), registry.address, "library/busybox")
    finally:
        network.delete()
    return directory


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """What coroutines run on: the daemon's own loop is asyncio's."""
    return "asyncio"


@pytest.fixture
def own_network() -> Iterator[None]:
    """Move the test's thread into an empty network of its own, where any port is free."""
    with private_network():
        yield


@pytest.fixture
def network() -> Iterator[NetworkNamespace]:
    """A network namespace; nothing may be running in it at the end."""
    with open_network() as namespace:
        yield namespace


@pytest.fixture
def registry(network: NetworkNamespace, registry_storage: Path) -> Iterator[RunningRegistry]:
    """A registry at 127.0.0.1:5000 inside the network."""
    with open_registry(network, registry_storage) as running:
        yield running


@pytest.fixture
def start_daemon(tmpfs: Path, network: NetworkNamespace, registry: RunningRegistry) -> DaemonFactory:
    """A function that starts a daemon with flags and a configuration of the test's own."""

    @contextmanager
    def start(
        *flags: str, config: str = "", python: str = sys.executable, environment: Mapping[str, str] | None = None
    ) -> Iterator[Daemon]:
        with open_daemon(tmpfs, network, [*MIRROR, *flags], config, python, environment) as running:
            yield running

    return start


@pytest.fixture
def daemon(start_daemon: DaemonFactory) -> Iterator[Daemon]:
    """A daemon of one test's own, with a registry as its mirror: `docker pull busybox` works."""
    with start_daemon() as running:
        yield running


@pytest.fixture(scope="module")
def module_daemon(tmpfs: Path, registry_storage: Path) -> Iterator[Daemon]:
    """A daemon for all tests of a module, which holds the image busybox. Use `shared_daemon`."""
    with open_ready_daemon(tmpfs, registry_storage) as running:
        yield running


@pytest.fixture
def shared_daemon(module_daemon: Daemon) -> Iterator[Daemon]:
    """The module's daemon; after each test its containers are removed, and nothing may have leaked."""
    yield module_daemon
    module_daemon.remove_containers()
    module_daemon.assert_clean()
    module_daemon.assert_loop_was_free()


@contextmanager
def open_network() -> Iterator[NetworkNamespace]:
    """Make a network namespace; at the end nothing may be running in it."""
    namespace = NetworkNamespace()
    try:
        yield namespace
        assert namespace.processes() == []
    finally:
        for pid in namespace.processes():
            os.kill(pid, signal.SIGKILL)
        namespace.delete()


@contextmanager
def open_registry(network: NetworkNamespace, storage: Path) -> Iterator[RunningRegistry]:
    """Run a registry inside a network."""
    with network.entered():
        serving = serve_registry(storage)
        running = serving.__enter__()
    try:
        yield running
    finally:
        serving.__exit__(None, None, None)


@contextmanager
def open_daemon(
    tmpfs: Path,
    network: NetworkNamespace,
    flags: Sequence[str],
    config: str = "",
    python: str = sys.executable,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Daemon]:
    """Run a daemon inside a network; at the end nothing of it may be left."""
    directory = _fresh(tmpfs)
    running = Daemon(directory, network, flags, config)
    running.python = python
    running.environment |= environment or {}
    try:
        running.start()
        yield running
        running.finish()
    finally:
        running.destroy()
        shutil.rmtree(directory)


@contextmanager
def open_ready_daemon(
    tmpfs: Path, registry_storage: Path, config: str = "", *flags: str, environment: Mapping[str, str] | None = None
) -> Iterator[Daemon]:
    """Run a daemon that holds the image busybox, in a network of its own, with a registry as its mirror."""
    with (
        open_network() as network,
        open_registry(network, registry_storage),
        open_daemon(tmpfs, network, [*MIRROR, *flags], config, environment=environment) as running,
    ):
        running.docker("pull", "--quiet", "busybox")
        yield running


def _fresh(tmpfs: Path) -> Path:
    """Return a new directory; short, because a socket's path may have only 107 bytes."""
    number = sum(1 for _ in tmpfs.iterdir())
    return tmpfs / f"d{number}-{os.urandom(2).hex()}"
