"""The contracts again, kept by the bundled drivers in processes of their own: one of each kind, and all by `make test-isolated`."""

from functools import partial
from pathlib import Path

import pytest

from plugins.net_bridge.plugin import provide_network_driver as provide_bridge
from plugins.net_bridge.settings import BridgeSettings
from plugins.net_cni.plugin import provide_network_driver as provide_cni
from plugins.net_cni.settings import CniSettings
from plugins.net_macvlan.plugin import provide_network_driver as provide_macvlan
from plugins.net_macvlan.settings import MacvlanSettings
from plugins.storage_overlay.plugin import provide_storage_driver as provide_overlay
from plugins.storage_overlay.settings import OverlaySettings
from plugins.storage_vfs.plugin import provide_storage_driver as provide_vfs
from plugins.storage_vfs.settings import VfsSettings
from plugins.volume_local.plugin import provide_volume_driver as provide_local
from plugins.volume_local.settings import LocalVolumeSettings
from sdk.providers import PluginContext
from sdk.testing.context import plugin_context
from sdk.testing.contracts import network, storage, volume
from sdk.testing.isolated import isolated
from tests.contract import test_net_cni, test_net_macvlan
from tests.macvlan import require_macvlan

pytestmark = pytest.mark.privileged


@pytest.mark.slow  # a process a case, as below: make test-isolated
class TestOverlay(storage.StorageDriverContract):
    @pytest.fixture
    def open_driver(self, tmpfs: Path) -> storage.OpenDriver:
        return partial(isolated, "storage", provide_overlay, plugin_context("storage_overlay", tmpfs), OverlaySettings())


@pytest.mark.slow
class TestVfs(storage.StorageDriverContract):
    @pytest.fixture
    def open_driver(self, tmpfs: Path) -> storage.OpenDriver:
        return partial(isolated, "storage", provide_vfs, plugin_context("storage_vfs", tmpfs), VfsSettings())


class TestLocal(volume.VolumeDriverContract):
    @pytest.fixture
    def open_driver(self, tmp_path: Path) -> volume.OpenDriver:
        return partial(isolated, "volume", provide_local, plugin_context("volume_local", tmp_path), LocalVolumeSettings())


@pytest.mark.slow
@pytest.mark.usefixtures("own_network")
class TestBridge(network.NetworkDriverContract):
    @pytest.fixture
    def open_driver(self, plugin_context: PluginContext) -> network.OpenDriver:
        return partial(isolated, "network", provide_bridge, plugin_context, BridgeSettings())


@pytest.mark.slow
@pytest.mark.usefixtures("own_network")
class TestMacvlan(test_net_macvlan.TestWithoutParent):
    """On parents that lead nowhere: they need no module of the kernel's beside macvlan's own."""

    @pytest.fixture(autouse=True)
    def _macvlan(self) -> None:
        require_macvlan()

    @pytest.fixture
    def open_driver(self, plugin_context: PluginContext) -> network.OpenDriver:
        return partial(isolated, "network", provide_macvlan, plugin_context, MacvlanSettings())


@pytest.mark.slow
@pytest.mark.usefixtures("own_network")
class TestCni(test_net_cni.TestCni):
    @pytest.fixture
    def open_driver(self, tmp_path: Path, plugin_context: PluginContext) -> network.OpenDriver:
        return partial(isolated, "network", provide_cni, plugin_context, CniSettings(conf_dir=tmp_path))
