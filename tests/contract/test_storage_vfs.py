"""The storage contract, kept by storage_vfs."""

from functools import partial
from pathlib import Path

import pytest

from plugins.storage_vfs.plugin import open_driver
from plugins.storage_vfs.settings import VfsSettings
from sdk.testing.context import plugin_context
from sdk.testing.contracts.storage import OpenDriver, StorageDriverContract

pytestmark = pytest.mark.privileged


class TestVfs(StorageDriverContract):
    @pytest.fixture
    def open_driver(self, tmpfs: Path) -> OpenDriver:
        return partial(open_driver, plugin_context("storage_vfs", tmpfs), VfsSettings())
