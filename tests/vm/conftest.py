"""Daemons for the tests of cgroup version 2: one per runtime."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import MIRROR, open_daemon, open_network, open_registry
from tests.daemon import Daemon


@pytest.fixture(scope="module", params=["ns", "oci"])
def module_daemon(tmpfs: Path, registry_storage: Path, request: pytest.FixtureRequest) -> Iterator[Daemon]:
    """A daemon with one of the runtimes, which holds the image busybox."""
    config = f'[drivers]\nruntime = "{request.param}"\n'
    with (
        open_network() as network,
        open_registry(network, registry_storage),
        open_daemon(tmpfs, network, MIRROR, config) as running,
    ):
        running.docker("pull", "--quiet", "busybox")
        yield running
