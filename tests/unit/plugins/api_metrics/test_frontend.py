"""The address of our own, before and after the engine is open."""

import httpx
import pytest

from plugins.api_metrics.frontend import MetricsFrontend
from sdk.testing.fake import fake_engine

pytestmark = pytest.mark.anyio


async def test_it_answers_once_the_engine_is_open() -> None:
    frontend = MetricsFrontend()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(frontend.serve), base_url="http://metrics") as client:
        assert (await client.get("/metrics")).status_code == 503
        frontend.build(fake_engine())
        assert (await client.get("/metrics")).status_code == 200
