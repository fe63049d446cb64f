"""The volume contract, kept by volume_legacy with a real plugin process behind it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from plugins.volume_legacy.settings import LegacyVolumeSettings
from plugins.volume_legacy.source import LegacyVolumes, open_source
from sdk.drivers.volume import VolumeDriver
from sdk.testing.context import plugin_context
from sdk.testing.contracts.volume import OpenDriver, VolumeDriverContract
from tests.volume_plugin import serve_volumes


class TestLegacy(VolumeDriverContract):
    @pytest.fixture
    def sockets(self, tmp_path: Path) -> Iterator[Path]:
        with serve_volumes(tmp_path / "plugins/shelf.sock", tmp_path / "shelf"):
            yield tmp_path / "plugins"

    @pytest.fixture
    def open_driver(self, tmp_path: Path, sockets: Path) -> OpenDriver:
        context = plugin_context("volume_legacy", tmp_path)
        settings = LegacyVolumeSettings(socket_directories=(sockets,), spec_directories=())

        @asynccontextmanager
        async def opened() -> AsyncIterator[VolumeDriver]:
            async with open_source(context, settings) as source:
                assert isinstance(source, LegacyVolumes)
                driver = source.find("shelf")
                assert driver is not None
                yield driver

        return opened
