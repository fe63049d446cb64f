"""Requests, right and wrong."""

import httpx
import pytest

from plugins.api_metrics.frontend import MetricsFrontend
from sdk.testing.fake import fake_engine

pytestmark = pytest.mark.anyio


async def ask(method: str, path: str, **headers: str) -> httpx.Response:
    app = MetricsFrontend().build(fake_engine())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://metrics") as client:
        return await client.request(method, path, headers=headers)


async def test_the_format_is_the_one_that_is_asked_for() -> None:
    reply = await ask("GET", "/metrics")
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert reply.text.startswith("# HELP engine_daemon_container_states_containers ")
    reply = await ask("GET", "/metrics", accept="application/openmetrics-text; version=1.0.0")
    assert reply.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert reply.text.endswith("\n# EOF\n")


async def test_what_there_is_not() -> None:
    assert (await ask("GET", "/")).status_code == 404
    reply = await ask("POST", "/metrics")
    assert (reply.status_code, reply.headers["allow"]) == (405, "GET, HEAD")
    assert (await ask("HEAD", "/metrics")).status_code == 200
