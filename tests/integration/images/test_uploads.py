"""Uploads to a real registry behind a network that breaks: whatever happens on the way, the blob arrives whole or is refused."""

import random
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from plugins.registry_hub.backend import HubBackend
from plugins.registry_hub.settings import HubSettings
from sdk.drivers.registry import Credentials, RegistryBackend
from sdk.errors import EngineError, Unavailable, UploadLost
from sdk.oci.descriptor import OCI_LAYER, Descriptor
from sdk.oci.digest import digest_of
from sdk.oci.reference import Reference, parse_reference
from sdk.testing.distribution import RunningRegistry
from sdk.testing.faults import Fault, FaultyProxy, ProxiedRequest, faulty_proxy, reply

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

ANYBODY = Credentials()
CHUNK = 1 << 20
SENDING = ("PATCH", "PUT")


@pytest.fixture
async def proxy(docker_registry: RunningRegistry) -> AsyncIterator[FaultyProxy]:
    async with faulty_proxy(docker_registry.address, 5004) as running:
        yield running


@pytest.fixture
async def hub(network: None) -> AsyncIterator[RegistryBackend]:
    backend = HubBackend(HubSettings(backoff=0.05, longest_pause=0.1, stall_timeout=2, retries=3, upload_chunk=CHUNK))
    yield backend
    await backend.close()


@pytest.fixture
def content() -> bytes:
    return random.randbytes(5 * CHUNK + 12_345)


@pytest.fixture
def target(proxy: FaultyProxy, content: bytes) -> Reference:
    return parse_reference(f"{proxy.address}/uploads/{digest_of(content)[-12:]}:1")


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 100_000):
        yield content[start : start + 100_000]


async def push(hub: RegistryBackend, target: Reference, content: bytes, **options: tuple[Reference, ...]) -> bool:
    """Push as the engine does: from the start again where the registry, which cannot go on within a chunk, lost the upload."""
    layer = Descriptor(OCI_LAYER, digest_of(content), len(content))
    for _ in range(5):
        with suppress(UploadLost):
            return await hub.push_blob(target, layer, pieces(content), ANYBODY, **options)
    raise AssertionError("every upload was lost")


async def stored(hub: RegistryBackend, target: Reference, content: bytes) -> bytes:
    layer = Descriptor(OCI_LAYER, digest_of(content), len(content))
    async with hub.fetch(target, layer, ANYBODY) as chunks:
        return b"".join([chunk async for chunk in chunks])


def sent(proxy: FaultyProxy) -> list[str]:
    return [request.method for request in proxy.seen if request.method in SENDING]


async def test_a_long_blob_goes_in_chunks_and_a_short_one_in_one_piece(
    hub, proxy: FaultyProxy, target: Reference, content: bytes
) -> None:
    assert await push(hub, target, content)
    assert sent(proxy) == ["PATCH"] * 5 + ["PUT"]
    assert await stored(hub, target, content) == content
    assert await push(hub, target, content[:1000])
    assert sent(proxy)[6:] == ["PUT"]
    assert await push(hub, target, b"")
    assert await stored(hub, target, b"") == b""


async def test_without_chunks_the_content_is_passed_on(proxy: FaultyProxy, target: Reference, content: bytes) -> None:
    hub = HubBackend(HubSettings(upload_chunk=0))
    assert await push(hub, target, content)
    assert sent(proxy) == ["PUT"]
    assert await stored(hub, target, content) == content
    await hub.close()


@pytest.mark.parametrize("seed", range(3))
async def test_uploads_cut_at_random_bytes_go_on_where_they_broke(
    hub, proxy: FaultyProxy, target: Reference, content: bytes, seed: int
) -> None:
    dice = random.Random(seed)
    cut = set[int]()

    def plan(request: ProxiedRequest) -> Fault | None:
        if request.method not in SENDING or len(cut) == 4 or dice.random() < 0.4:
            return None
        cut.add(request.number)
        return Fault(cut_request_after=dice.randrange(int(request.headers["content-length"])))

    proxy.plan = plan
    assert await push(hub, target, content)
    assert cut
    assert await stored(hub, target, content) == content


async def test_an_answer_that_is_lost_is_asked_for(hub, proxy: FaultyProxy, target: Reference, content: bytes) -> None:
    muted = set[str]()

    def plan(request: ProxiedRequest) -> Fault | None:
        if request.method not in SENDING or request.method in muted:
            return None
        muted.add(request.method)
        return Fault(mute=True)

    proxy.plan = plan
    await push(hub, target, content)
    assert muted == set(SENDING)
    assert await stored(hub, target, content) == content


@pytest.mark.parametrize("status", ["429 Too Many Requests", "500 Internal Server Error", "503 Service Unavailable"])
async def test_a_registry_in_trouble_is_asked_again(
    hub, proxy: FaultyProxy, target: Reference, content: bytes, status: str
) -> None:
    answers: dict[str, int] = {}

    def plan(request: ProxiedRequest) -> Fault | None:
        answers[request.method] = answers.get(request.method, 0) + 1
        return reply(status, b"<html>", Retry_After="0") if answers[request.method] <= 2 else None

    proxy.plan = plan
    assert await push(hub, target, content)
    proxy.plan = lambda _request: None
    assert await stored(hub, target, content) == content


async def test_a_registry_that_stays_in_trouble_is_given_up(hub, proxy: FaultyProxy, target: Reference, content: bytes) -> None:
    proxy.plan = lambda request: reply("503 Service Unavailable", b"") if request.method == "PATCH" else None
    with pytest.raises(Unavailable, match="received unexpected HTTP status: 503"):
        await push(hub, target, content)
    assert len(sent(proxy)) == 4


async def test_an_upload_the_registry_forgot_is_told(hub, proxy: FaultyProxy, target: Reference, content: bytes) -> None:
    body = b'{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN","message":"blob upload unknown to registry"}]}'
    proxy.plan = lambda request: reply("404 Not Found", body) if request.method == "PATCH" else None
    with pytest.raises(EngineError, match="blob upload unknown to registry"):
        await push(hub, target, content)


async def test_a_blob_that_is_not_its_digest_is_refused_at_once(hub, proxy: FaultyProxy, target: Reference, content: bytes) -> None:
    with pytest.raises(EngineError, match="digest"):
        await hub.push_blob(target, Descriptor(OCI_LAYER, digest_of(b"x"), len(content)), pieces(content), ANYBODY)
    assert sent(proxy) == ["PATCH"] * 5 + ["PUT"]


async def test_a_blob_is_mounted_from_whichever_repository_has_it(
    hub, proxy: FaultyProxy, target: Reference, content: bytes
) -> None:
    await push(hub, target, content)
    others = [Reference(target.domain, f"uploads/other{number}", "1") for number in range(3)]
    proxy.seen.clear()
    assert not await push(hub, others[0], content, mount_from=(others[1], target))
    assert sent(proxy) == []
    assert [request.method for request in proxy.seen].count("DELETE") == 1
    missing = content[::-1]
    assert await push(hub, others[0], missing, mount_from=(others[1], others[2]))
    assert await stored(hub, others[0], missing) == missing
