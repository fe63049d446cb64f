"""Builds that make nothing: every Dockerfile is two steps, and the result is an image that is there already."""

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from sdk.drivers.logs import StdStream
from sdk.engine.build_events import BuildEvent, BuildResult, Vertex, VertexLog
from sdk.engine.builds import BuildPruneRequest, BuildRequest, CacheEntry, RemoteContext
from sdk.engine.containers import Pruned
from sdk.engine.images import ImageListRequest
from sdk.errors import BuildFailed, InvalidArgument
from sdk.oci.digest import digest_of
from sdk.oci.reference import parse_reference
from sdk.testing.fake.images import FakeImages

_FIRST, _SECOND = digest_of(b"first"), digest_of(b"second")


class FakeBuilds:
    """See `sdk.engine.builds.Builds`. `requests` are those that came; the target `broken` fails at its second step."""

    def __init__(self, images: FakeImages) -> None:
        self._images = images
        self.requests: list[BuildRequest] = []
        self.received: list[bytes] = []

    async def build(self, request: BuildRequest) -> AsyncIterator[BuildEvent]:
        """Go through two steps and find the first image."""
        self.requests.append(request)
        image = (await self._images.list(ImageListRequest()))[0]
        yield Vertex(
            _FIRST, "[1/2] FROM busybox", started_ns=1, completed_ns=2, step=1, steps=2, instruction="FROM busybox", result=_FIRST
        )
        second = Vertex(_SECOND, "[2/2] RUN make", (_FIRST,), 2, step=2, steps=2, instruction="RUN make", container_id="c" * 64)
        yield second
        yield VertexLog(_SECOND, StdStream.STDOUT, b"made\n", 3)
        if request.target == "broken":
            raise BuildFailed('process "/bin/sh -c make" did not complete successfully: exit code: 2', exit_code=2)
        yield Vertex(_SECOND, second.name, (_FIRST,), 2, 4, step=2, steps=2, instruction="RUN make", result=image.id)
        names = tuple(parse_reference(tag).familiar for tag in request.tags)
        yield BuildResult(image.id, image.descriptor, image.config, names)

    @asynccontextmanager
    async def scratch(self) -> AsyncIterator[Path]:
        """Give a directory."""
        with tempfile.TemporaryDirectory() as directory:
            yield Path(directory)

    @asynccontextmanager
    async def unpacked(self, archive: AsyncIterator[bytes]) -> AsyncIterator[Path]:
        """Take the archive and give an empty directory."""
        self.received.append(b"".join([chunk async for chunk in archive]))
        async with self.scratch() as directory:
            yield directory

    @asynccontextmanager
    async def remote(self, url: str) -> AsyncIterator[RemoteContext]:
        """Find nothing anywhere."""
        raise InvalidArgument(f"unable to prepare context: {url}: not found")
        yield

    async def files(self, image: str) -> AsyncIterator[bytes]:
        """Give two blocks of zeros, which is a tar."""
        await self._images.inspect(image)
        yield bytes(1024)

    async def prune(self, request: BuildPruneRequest) -> Pruned:
        """Forget one step."""
        del request
        return Pruned((_FIRST,), 42)

    async def disk_usage(self) -> Sequence[CacheEntry]:
        """Remember one step."""
        return [
            CacheEntry(
                id=_FIRST,
                type="regular",
                description="RUN make",
                size=42,
                created_ns=10**18,
                last_used_ns=0,
                usage_count=1,
                in_use=False,
                shared=False,
            )
        ]
