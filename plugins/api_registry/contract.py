"""The frontend contract, kept by api_registry."""

import pytest

from plugins.api_registry.frontend import RegistryFrontend
from plugins.api_registry.settings import RegistrySettings
from sdk.frontend import ApiFrontend
from sdk.testing.contracts.frontend import FrontendContract, Probe


class TestRegistry(FrontendContract):
    @pytest.fixture
    def frontend(self) -> ApiFrontend:
        return RegistryFrontend(RegistrySettings.model_validate({}))

    @pytest.fixture(params=["/v2/", "/v2/_catalog"])
    def probe(self, request: pytest.FixtureRequest) -> Probe:
        return Probe(request.param)
