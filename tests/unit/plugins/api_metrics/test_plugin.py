"""With an address, and without one."""

import socket
from pathlib import Path

import httpx
import pytest

from plugins.api_metrics.plugin import provide_api_frontend
from plugins.api_metrics.settings import MetricsSettings
from sdk.errors import InvalidArgument
from sdk.testing.context import plugin_context
from sdk.testing.fake import fake_engine

pytestmark = pytest.mark.anyio


@pytest.fixture
def address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"127.0.0.1:{free.getsockname()[1]}"


async def test_an_address_is_served_while_it_is_open(tmp_path: Path, address: str) -> None:
    provider = provide_api_frontend()
    async with httpx.AsyncClient(trust_env=False) as client:
        async with provider.open(plugin_context("api_metrics", tmp_path), MetricsSettings(address=address)) as frontend:
            frontend.build(fake_engine())
            reply = await client.get(f"http://{address}/metrics")
            assert (reply.status_code, "core_images 1\n" in reply.text) == (200, True)
            assert (await client.get(f"http://{address}/elsewhere")).status_code == 404
        with pytest.raises(httpx.ConnectError):
            await client.get(f"http://{address}/metrics")


async def test_without_one_nothing_listens(tmp_path: Path, address: str) -> None:
    async with provide_api_frontend().open(plugin_context("api_metrics", tmp_path), MetricsSettings()) as frontend:
        assert frontend.prefix == "/metrics"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])))


async def test_a_wrong_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="failed to start metrics server"):
        async with provide_api_frontend().open(plugin_context("api_metrics", tmp_path), MetricsSettings(address="9323")):
            pass
