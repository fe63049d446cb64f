"""Daemons for the tests of cgroup version 2: one per runtime."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import open_ready_daemon
from tests.daemon import Daemon


@pytest.fixture(scope="module", params=["ns", "oci"])
def module_daemon(tmpfs: Path, registry_storage: Path, request: pytest.FixtureRequest) -> Iterator[Daemon]:
    """A daemon with one of the runtimes, which holds the image busybox."""
    config = f'[drivers]\nruntime = "{request.param}"\n'
    with open_ready_daemon(tmpfs, registry_storage, config) as running:
        yield running
