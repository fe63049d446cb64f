"""Registries and networks that fail: what can be saved is, and what cannot is said in Docker's words."""

import os
import random
from collections.abc import AsyncIterator

import pytest

from plugins.registry_hub.backend import HubBackend
from plugins.registry_hub.settings import HubSettings
from sdk.drivers.registry import Credentials, RegistryBackend
from sdk.drivers.storage import SnapshotKind
from sdk.errors import DataLoss, EngineError, InvalidArgument, NotFound, Unauthorized, Unavailable
from sdk.oci.reference import parse_reference
from sdk.testing.distribution import RunningRegistry
from sdk.testing.faults import Fault, FaultyProxy, ProxiedRequest, faulty_proxy, reply
from sdk.testing.images import MadeImage, make_image, make_tar

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

IMAGE = make_image([make_tar({f"file{number}": random.Random(number).randbytes(1 << 20)}) for number in range(4)])


@pytest.fixture
async def proxy(docker_registry: RunningRegistry) -> AsyncIterator[FaultyProxy]:
    async with faulty_proxy(docker_registry.address, 5001) as running:
        yield running


@pytest.fixture
async def hub(docker_registry: RunningRegistry) -> AsyncIterator[RegistryBackend]:
    backend = HubBackend(HubSettings(backoff=0.001, longest_pause=0.01, stall_timeout=0.5, retries=3))
    yield backend
    await backend.close()


@pytest.fixture
async def name(hub: RegistryBackend, docker_registry: RunningRegistry, proxy: FaultyProxy) -> str:
    await IMAGE.push(hub, parse_reference(f"{docker_registry.address}/bad/image"))
    return f"{proxy.address}/bad/image"


def is_blob(request: ProxiedRequest) -> bool:
    return "/blobs/" in request.path


async def received(hub: HubBackend, name: str) -> int:
    """Fetch a layer and close the backend; return how many bytes came."""
    count = 0
    try:
        async with hub.fetch(parse_reference(name), IMAGE.blobs[1][0], Credentials()) as chunks:
            async for chunk in chunks:
                count += len(chunk)
    finally:
        await hub.close()
    return count


async def assert_whole(rooms, name: str, image: MadeImage = IMAGE) -> None:
    assert (await rooms.images.inspect(name)).id == image.id
    for descriptor, _content in image.blobs:
        rooms.store.content.read(descriptor.digest)
    assert not [info for info in await rooms.storage.list() if info.kind is SnapshotKind.STAGED]


async def test_connections_cut_at_random_bytes_are_resumed(rooms, name: str, proxy: FaultyProxy) -> None:
    dice = random.Random(7)
    proxy.plan = lambda request: Fault(cut_after=dice.randrange(1, 400_000)) if is_blob(request) else None
    await rooms.pull(name)
    await assert_whole(rooms, name)
    assert any(int(request.headers["range"][6:-1]) > 0 for request in proxy.seen if "range" in request.headers)


async def test_a_registry_without_ranges_is_read_from_the_start_again(rooms, name: str, proxy: FaultyProxy) -> None:
    cuts = {}

    def plan(request: ProxiedRequest) -> Fault | None:
        if not is_blob(request):
            return None
        cuts[request.path] = cuts.get(request.path, 0) + 1
        return Fault(cut_after=300_000 if cuts[request.path] == 1 else None, ignore_range=True)

    proxy.plan = plan
    await rooms.pull(name)
    await assert_whole(rooms, name)


async def test_a_stalled_connection_is_given_up_and_resumed(rooms, name: str, proxy: FaultyProxy) -> None:
    stalled = set()

    def plan(request: ProxiedRequest) -> Fault | None:
        if is_blob(request) and request.path not in stalled:
            stalled.add(request.path)
            return Fault(stall_after=100)
        return None

    proxy.plan = plan
    await rooms.pull(name)
    await assert_whole(rooms, name)


@pytest.mark.parametrize("status", ["429 Too Many Requests", "500 Internal Server Error", "503 Service Unavailable"])
async def test_what_may_pass_is_tried_again(rooms, name: str, proxy: FaultyProxy, status: str) -> None:
    answers: dict[str, int] = {}

    def plan(request: ProxiedRequest) -> Fault | None:
        answers[request.path] = answers.get(request.path, 0) + 1
        return reply(status, b'{"errors":[]}', Retry_After="0") if answers[request.path] <= 2 else None

    proxy.plan = plan
    await rooms.pull(name)
    await assert_whole(rooms, name)


async def test_a_rate_limit_that_stays_is_told(rooms, name: str, proxy: FaultyProxy) -> None:
    body = b'{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."}]}'
    proxy.plan = lambda _request: reply("429 Too Many Requests", body, Retry_After="1")
    with pytest.raises(Unavailable, match=r"^toomanyrequests: You have reached your pull rate limit\.$"):
        await rooms.pull(name)


@pytest.mark.parametrize("attempts", [1, 3])
@pytest.mark.parametrize(
    "fault", [Fault(cut_after=500), Fault(stall_after=100), reply("503 Service Unavailable")], ids=["cut", "silent", "in trouble"]
)
async def test_a_blob_is_asked_for_as_often_as_the_administrator_says(
    name: str, proxy: FaultyProxy, fault: Fault, attempts: int
) -> None:
    patience = 0.2 if fault.stall_after else 30  # a busy machine alone must not look like a registry that stalls
    settings = HubSettings(backoff=0.001, longest_pause=0.01, stall_timeout=patience, retries=9, download_attempts=attempts)
    proxy.plan = lambda request: fault if is_blob(request) else None
    with pytest.raises(Unavailable):
        await received(HubBackend(settings), name)
    assert sum(map(is_blob, proxy.seen)) == attempts


@pytest.mark.parametrize("attempts", [1, 2])
async def test_where_there_is_but_one_attempt_a_connection_that_breaks_is_the_end(
    name: str, proxy: FaultyProxy, attempts: int
) -> None:
    """Otherwise one that brought something does not count."""
    proxy.plan = lambda request: Fault(cut_after=300_000) if is_blob(request) else None
    hub = HubBackend(HubSettings(backoff=0.001, download_attempts=attempts))
    if attempts == 1:
        with pytest.raises(Unavailable):
            await received(hub, name)
    else:
        assert await received(hub, name) == IMAGE.blobs[1][0].size


async def test_a_web_page_in_place_of_a_manifest(rooms, name: str, proxy: FaultyProxy) -> None:
    proxy.plan = lambda request: (
        reply("200 OK", b"<html>Welcome</html>", Content_Type="text/html") if "manifests" in request.path else None
    )
    with pytest.raises(
        Unavailable, match="error parsing HTTP 200 response body: invalid character '<' looking for beginning of value"
    ):
        await rooms.pull(name)


async def test_a_web_page_in_place_of_a_blob(rooms, name: str, proxy: FaultyProxy) -> None:
    proxy.plan = lambda request: reply("200 OK", b"<html>Welcome</html>") if is_blob(request) else None
    with pytest.raises(Unavailable, match="the registry offers 20 bytes"):
        await rooms.pull(name)
    assert list(await rooms.storage.list()) == []


async def test_a_garbled_blob_is_fetched_again(rooms, name: str, proxy: FaultyProxy) -> None:
    garbled = set()

    def plan(request: ProxiedRequest) -> Fault | None:
        if is_blob(request) and request.path not in garbled:
            garbled.add(request.path)
            return Fault(flip_at=150)
        return None

    proxy.plan = plan
    await rooms.pull(name)
    await assert_whole(rooms, name)


async def test_a_blob_that_stays_garbled_is_data_loss_and_leaves_nothing(rooms, name: str, proxy: FaultyProxy) -> None:
    proxy.plan = lambda request: Fault(flip_at=500_000) if is_blob(request) else None
    with pytest.raises(DataLoss, match="filesystem layer verification failed for digest sha256:"):
        await rooms.pull(name)
    assert list(await rooms.storage.list()) == []
    proxy.plan = lambda _request: None
    await rooms.pull(name)
    await assert_whole(rooms, name)


async def test_a_manifest_that_is_not_its_digest(rooms, name: str, proxy: FaultyProxy) -> None:
    proxy.plan = lambda request: Fault(flip_at=30) if "manifests" in request.path else None
    with pytest.raises(EngineError):
        await rooms.pull(f"{name}@{IMAGE.descriptor.digest}")


async def test_schema_one_is_refused(rooms, name: str, proxy: FaultyProxy) -> None:
    proxy.plan = lambda _request: reply("200 OK", b'{"schemaVersion":1,"name":"x"}')
    with pytest.raises(InvalidArgument, match="schema 1 are not supported"):
        await rooms.pull(name)


async def test_access_denied(rooms, name: str, proxy: FaultyProxy) -> None:
    body = b'{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}'
    proxy.plan = lambda _request: reply("403 Forbidden", body)
    with pytest.raises(NotFound) as caught:
        await rooms.pull(name)
    assert caught.value.message == (
        f"pull access denied for {name}, repository does not exist or may require 'docker login': "
        "denied: requested access to the resource is denied"
    )


async def test_nobody_listens(rooms) -> None:
    with pytest.raises(Unavailable) as caught:
        await rooms.pull("127.0.0.1:9/x")
    assert caught.value.message == 'Get "http://127.0.0.1:9/v2/": dial tcp 127.0.0.1:9: connect: connection refused'


async def test_a_token_is_fetched_used_and_kept(rooms, name: str, proxy: FaultyProxy) -> None:
    challenge = f'Bearer realm="http://{proxy.address}/token",service="registry.test",scope="repository:bad/image:pull"'

    def plan(request: ProxiedRequest) -> Fault | None:
        if request.path.startswith("/token"):
            assert "service=registry.test" in request.path
            assert "scope=repository%3Abad%2Fimage%3Apull" in request.path
            good = request.headers.get("authorization") == "Basic dXNlcjpzZWNyZXQ="
            return reply("200 OK", b'{"token":"t0k3n","expires_in":300}') if good else reply("401 Unauthorized", b"{}")
        if request.headers.get("authorization") == "Bearer t0k3n":
            return None
        return reply(
            "401 Unauthorized",
            b'{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}',
            WWW_Authenticate=challenge,
        )

    proxy.plan = plan
    await rooms.pull(name, credentials=Credentials("user", "secret"))
    await assert_whole(rooms, name)
    assert sum(request.path.startswith("/token") for request in proxy.seen) == 1
    with pytest.raises(Unauthorized, match="incorrect username or password"):
        await rooms.pull(name, credentials=Credentials("user", "wrong"))


async def test_a_redirect_to_another_host_does_not_carry_the_authorization(
    rooms, name: str, proxy: FaultyProxy, docker_registry
) -> None:
    async with faulty_proxy(docker_registry.address, 5002) as elsewhere:
        proxy.plan = lambda request: (
            reply("307 Temporary Redirect", Location=f"http://{elsewhere.address}{request.path}") if is_blob(request) else None
        )
        await rooms.pull(name, credentials=Credentials(registry_token="t0k3n"))
        assert proxy.seen[-1].headers["authorization"] == "Bearer t0k3n"
        assert len({request.path for request in elsewhere.seen}) == 5  # on a busy machine one may be asked for again
        assert all("authorization" not in request.headers for request in elsewhere.seen)
    await assert_whole(rooms, name)


async def test_a_broken_mirror_is_passed_over(rooms, name: str, proxy: FaultyProxy, docker_registry) -> None:
    hub = HubBackend(HubSettings(host_mirrors={docker_registry.address: (f"http://{proxy.address}",)}, retries=0))
    proxy.plan = lambda _request: reply("500 Internal Server Error", os.urandom(10))
    resolved = await hub.resolve(parse_reference(f"{docker_registry.address}/bad/image"), Credentials())
    await hub.close()
    assert resolved.descriptor == IMAGE.descriptor
    assert proxy.seen
