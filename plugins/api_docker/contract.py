"""The frontend contract, kept by api_docker."""

import pytest

from plugins.api_docker.frontend import DockerFrontend
from plugins.api_docker.settings import ApiDockerSettings
from sdk.frontend import ApiFrontend
from sdk.testing.contracts.frontend import FrontendContract, Probe


class TestDocker(FrontendContract):
    @pytest.fixture
    def frontend(self) -> ApiFrontend:
        return DockerFrontend(ApiDockerSettings())

    @pytest.fixture(params=["/_ping", "/v1.43/images/json", "/images/busybox/json"])
    def probe(self, request: pytest.FixtureRequest) -> Probe:
        return Probe(request.param)
