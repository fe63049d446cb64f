"""The frontend contract, kept by api_buildkit: its paths carry gRPC, and it says so to a client that speaks something else."""

from pathlib import Path

import pytest

from plugins.api_buildkit.frontend import BuildkitFrontend
from plugins.api_buildkit.settings import ApiBuildkitSettings
from sdk.frontend import ApiFrontend
from sdk.testing.contracts.frontend import FrontendContract, Probe


class TestBuildkit(FrontendContract):
    @pytest.fixture
    def frontend(self, tmp_path: Path) -> ApiFrontend:
        return BuildkitFrontend(ApiBuildkitSettings(), tmp_path)

    @pytest.fixture(params=["/grpc", "/v1.43/session"])
    def probe(self, request: pytest.FixtureRequest) -> Probe:
        return Probe(request.param, 400, "POST")
