"""A daemon that pulls the Debian images."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.compose import debian_images
from tests.conftest import MIRROR, open_daemon, open_network, open_registry
from tests.daemon import Daemon


@contextmanager
def open_debian_daemon(tmpfs: Path, target: str) -> Iterator[Daemon]:
    """Yield a daemon whose mirror offers the images, in a network of its own. Skips where make's `target` has not made them."""
    if not debian_images.storage().is_dir():
        pytest.skip(f"the images are not made; `make {target}` makes them")
    registry = tmpfs / "debian-registry"
    registry.mkdir()
    (registry / "storage").symlink_to(debian_images.storage())
    with open_network() as network, open_registry(network, registry), open_daemon(tmpfs, network, MIRROR) as daemon:
        yield daemon
