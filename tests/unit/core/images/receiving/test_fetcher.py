"""How many blobs are brought at once."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import cast

import anyio
import pytest

from core.images.content.store import ContentStore
from core.images.receiving.fetcher import Fetcher
from sdk.drivers.registry import Credentials, RegistryBackend
from sdk.oci.descriptor import Descriptor
from sdk.oci.reference import Reference, parse_reference
from sdk.testing.images import make_image, make_tar
from sdk.tracing import Recording, Step

pytestmark = pytest.mark.anyio

BLOBS = make_image([make_tar({f"f{number}": b"x" * number}) for number in range(7)]).blobs


class Slow:
    """Holds every blob back until as many are asked for as will ever be."""

    def __init__(self) -> None:
        self.asked = 0
        self.go = anyio.Event()

    @asynccontextmanager
    async def fetch(
        self, reference: Reference, descriptor: Descriptor, credentials: Credentials, *, offset: int = 0
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        async def chunks() -> AsyncIterator[bytes]:
            self.asked += 1
            await self.go.wait()
            yield next(content for blob, content in BLOBS if blob == descriptor)[offset:]

        yield chunks()


@pytest.mark.parametrize(("limit", "at_once"), [(1, 1), (3, 3), (0, len(BLOBS))])
async def test_as_many_as_the_configuration_says_and_all_where_it_says_0(tmp_path, limit: int, at_once: int) -> None:
    registry = Slow()
    fetcher = Fetcher(ContentStore(tmp_path), cast(RegistryBackend, registry), 6)
    fetcher.limit(limit)
    async with anyio.create_task_group() as tasks:
        for blob, _content in BLOBS:
            tasks.start_soon(fetcher.fetch, parse_reference("x"), blob, Credentials(), lambda _progress: None)
        with anyio.fail_after(30):
            while registry.asked < at_once:
                await anyio.sleep(0.001)
        await anyio.wait_all_tasks_blocked()
        assert registry.asked == at_once
        registry.go.set()
    assert registry.asked == len(BLOBS)


async def test_a_blob_that_is_fetched_or_streamed_is_a_step_of_a_trace(tmp_path) -> None:
    registry, recording = Slow(), Recording(1, 10)
    registry.go.set()
    fetcher = Fetcher(ContentStore(tmp_path), cast(RegistryBackend, registry), 6)
    (fetched, _), (streamed, _) = BLOBS[:2]
    with Step(recording, 0, "request", {}):
        await fetcher.fetch(parse_reference("x"), fetched, Credentials(), lambda _progress: None)
        async with aclosing(fetcher.stream(parse_reference("x"), streamed, Credentials(), lambda _progress: None)) as chunks:
            assert sum([len(chunk) async for chunk in chunks]) == streamed.size
        await fetcher.fetch(parse_reference("x"), fetched, Credentials(), lambda _progress: None)
    told = [(span.name, span.attributes["oci.blob.digest"], span.attributes["oci.blob.size"]) for span in recording.spans[:-1]]
    assert told == [("blob.fetch", blob.digest, blob.size) for blob in (fetched, streamed)]
