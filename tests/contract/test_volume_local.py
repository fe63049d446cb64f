"""The volume contract, kept by volume_local."""

from functools import partial
from pathlib import Path

import pytest

from plugins.volume_local.driver import open_driver
from plugins.volume_local.settings import LocalVolumeSettings
from sdk.testing.context import plugin_context
from sdk.testing.contracts.volume import OpenDriver, VolumeDriverContract


class TestLocal(VolumeDriverContract):
    @pytest.fixture
    def open_driver(self, tmp_path: Path) -> OpenDriver:
        return partial(open_driver, plugin_context("volume_local", tmp_path), LocalVolumeSettings())
