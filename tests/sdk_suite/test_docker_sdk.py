"""The Docker SDK for Python's own tests against this engine, a file at a time, each with a daemon of its own that may leak nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sdk.testing.distribution import serve_registry
from tests.conftest import MIRROR, open_daemon, open_network, open_registry
from tests.daemon import Daemon
from tests.network import NetworkNamespace
from tests.sdk_suite.deselected import FILES, TESTS
from tests.sdk_suite.images import push_all
from tests.sdk_suite.source import API_VERSION, PYTHON, SUITE

pytestmark = [pytest.mark.privileged, pytest.mark.slow, pytest.mark.timeout(900)]

# The suite turns warnings to errors in the first test of a run, and some tests leave their client to the garbage collector.
_QUIET = ("-p", "no:unraisableexception")
_INTEGRATION = SUITE / "tests/integration"


def _files() -> list[str]:
    names = (str(path.relative_to(_INTEGRATION).with_suffix("")) for path in sorted(_INTEGRATION.rglob("*_test.py")))
    return [name for name in names if name not in FILES]


@pytest.fixture(scope="session")
def suite_images(tmpfs: Path) -> Path:
    """The storage of a registry that has the images of the suite."""
    directory = tmpfs / "sdk-registry"
    network = NetworkNamespace()
    try:
        with network.entered(), serve_registry(directory) as registry:
            push_all(registry.address)
    finally:
        network.delete()
    return directory


@pytest.fixture
def suite_daemon(tmpfs: Path, suite_images: Path) -> Iterator[Daemon]:
    with open_network() as network, open_registry(network, suite_images), open_daemon(tmpfs, network, MIRROR) as running:
        for image in ("alpine", "alpine:3.10", "busybox"):
            running.docker("pull", "--quiet", image)
        yield running


@pytest.mark.parametrize("name", _files())
def test_file(name: str, suite_daemon: Daemon, tmp_path: Path):
    (tmp_path / "config.json").write_text("{}")  # without one the SDK would write its contexts into the suite
    left_out = [f"--deselect=tests/integration/{name}.py::{test}" for test in TESTS.get(name, {})]
    done = suite_daemon.run(
        *("env", f"--chdir={SUITE}", str(PYTHON), "-m", "pytest", "-p", "no:cacheprovider", *_QUIET, "-q", "--timeout=120"),
        *left_out,
        f"tests/integration/{name}.py",
        environment={
            "DOCKER_TEST_API_VERSION": API_VERSION,
            "DOCKER_CONFIG": str(tmp_path),
            "HOME": str(tmp_path),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        timeout=800,
        check=False,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr


def test_the_suite_is_there():
    assert _files(), "`python -m tests.sdk_suite.source` fetches it"
