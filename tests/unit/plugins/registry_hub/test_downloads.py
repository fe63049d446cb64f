"""Blobs from mirrors and the registry behind them, of which each has its own attempts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256

import pytest

from plugins.registry_hub.backend import HubBackend
from plugins.registry_hub.settings import HubSettings
from sdk.drivers.registry import Credentials
from sdk.errors import EngineError, NotFound, Unavailable
from sdk.oci.descriptor import Descriptor
from sdk.oci.reference import parse_reference
from sdk.testing.faults import FaultyProxy, Plan, ProxiedRequest, reply, served

pytestmark = pytest.mark.anyio

CONTENT = b"a layer"
BLOB = Descriptor("application/vnd.oci.image.layer.v1.tar", f"sha256:{sha256(CONTENT).hexdigest()}", len(CONTENT))


def answering(*statuses: str) -> Plan:
    """Answer requests for blobs with these statuses one after the other, the last of them for good."""
    left = list(statuses)

    def plan(request: ProxiedRequest):
        if "/blobs/" not in request.path:
            return reply("200 OK", b"{}")
        status = left.pop(0) if len(left) > 1 else left[0]
        return reply(status, CONTENT if status == "200 OK" else b"{}")

    return plan


@asynccontextmanager
async def server(plan: Plan) -> AsyncIterator[FaultyProxy]:
    proxy = FaultyProxy("", "", plan)
    async with served(proxy.serve) as port:
        proxy.address = f"127.0.0.1:{port}"
        yield proxy


def asked(proxy: FaultyProxy) -> int:
    return sum("/blobs/" in request.path for request in proxy.seen)


async def fetched(registry: FaultyProxy, mirror: FaultyProxy, attempts: int) -> bytes:
    mirrors = {registry.address: (f"http://{mirror.address}",)}
    hub = HubBackend(HubSettings(host_mirrors=mirrors, download_attempts=attempts, backoff=0.001, longest_pause=0.01))
    try:
        async with hub.fetch(parse_reference(f"{registry.address}/an/image"), BLOB, Credentials()) as chunks:
            return b"".join([chunk async for chunk in chunks])
    finally:
        await hub.close()


@pytest.mark.parametrize(("said", "times"), [("404 Not Found", 1), ("403 Forbidden", 1), ("503 Service Unavailable", 3)])
async def test_a_mirror_without_the_blob_costs_the_registry_no_attempt(said: str, times: int) -> None:
    async with server(answering(said)) as mirror, server(answering("503 Service Unavailable", "200 OK")) as registry:
        assert await fetched(registry, mirror, 3) == CONTENT
        assert (asked(mirror), asked(registry)) == (times, 2)


@pytest.mark.parametrize(("said", "times", "error"), [("404 Not Found", 1, NotFound), ("503 Service Unavailable", 3, Unavailable)])
async def test_a_blob_that_no_endpoint_gives_is_asked_for_as_often_as_the_settings_say(
    said: str, times: int, error: type[EngineError]
) -> None:
    async with server(answering("404 Not Found")) as mirror, server(answering(said)) as registry:
        with pytest.raises(error):
            await fetched(registry, mirror, 3)
        assert (asked(mirror), asked(registry)) == (1, times)
