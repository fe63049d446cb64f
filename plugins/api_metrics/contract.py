"""The frontend contract, kept by api_metrics."""

import pytest

from plugins.api_metrics.frontend import MetricsFrontend
from sdk.frontend import ApiFrontend
from sdk.testing.contracts.frontend import FrontendContract, Probe


class TestMetrics(FrontendContract):
    @pytest.fixture
    def frontend(self) -> ApiFrontend:
        return MetricsFrontend()

    @pytest.fixture(params=["", "application/openmetrics-text"])
    def probe(self, request: pytest.FixtureRequest) -> Probe:
        return Probe("/metrics", headers={"accept": request.param})
