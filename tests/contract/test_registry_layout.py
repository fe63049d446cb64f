"""The registry contract, kept by registry_layout: a directory of layouts, and one layout for all repositories."""

import secrets
from pathlib import Path

import pytest

from plugins.registry_layout.backend import LayoutBackend
from plugins.registry_layout.settings import LayoutSettings
from plugins.registry_layout.writing import make_layout
from sdk.drivers.registry import RegistryBackend
from sdk.testing.contracts.registry import RegistryContract

HOST = "layout.local"


@pytest.fixture
def repository() -> str:
    return f"{HOST}/team/contract-{secrets.token_hex(4)}"


class TestDirectoryOfLayouts(RegistryContract):
    @pytest.fixture
    def backend(self, tmp_path: Path) -> RegistryBackend:
        return LayoutBackend(LayoutSettings(hosts={HOST: tmp_path}))


class TestOneLayout(RegistryContract):
    @pytest.fixture
    def backend(self, tmp_path: Path) -> RegistryBackend:
        make_layout(tmp_path)
        return LayoutBackend(LayoutSettings(hosts={HOST: tmp_path}))
