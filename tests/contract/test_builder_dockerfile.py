"""The builder contract, kept by builder_dockerfile."""

from dataclasses import replace
from pathlib import Path

import pytest

from plugins.builder_dockerfile.driver import DockerfileBuilder
from plugins.builder_dockerfile.inline_cache import OTHERS_ANNOTATION, STEPS_ANNOTATION
from sdk.builder import Builder
from sdk.engine.build_events import Vertex, VertexLog
from sdk.engine.builds import BuildRequest, CacheImport
from sdk.errors import InvalidArgument
from sdk.testing.build_host import PaperBuildHost
from sdk.testing.contracts.builder import BuilderContract, result_of

pytestmark = pytest.mark.privileged
"""Files that COPY makes are root's."""


class TestDockerfile(BuilderContract):
    @pytest.fixture
    def builder(self) -> Builder:
        return DockerfileBuilder()

    @pytest.fixture
    def context(self, tmp_path: Path) -> Path:
        directory = tmp_path / "context"
        directory.mkdir()
        (directory / "file").write_text("its content")
        return directory

    @pytest.fixture
    def good(self, context: Path) -> BuildRequest:
        return BuildRequest(context=context, dockerfile_text="FROM base\nCOPY file /copied\nRUN write run it ran\n")

    @pytest.fixture
    def malformed(self, context: Path) -> BuildRequest:
        return BuildRequest(context=context, dockerfile_text="FROM base\nFLY away\n")

    @pytest.fixture
    def failing(self, context: Path) -> BuildRequest:
        return BuildRequest(context=context, dockerfile_text="FROM base\nRUN true\nRUN false\n", tags=("never",))

    @pytest.fixture
    def endless(self, context: Path) -> BuildRequest:
        return BuildRequest(context=context, dockerfile_text="FROM base\nRUN sleep\n")

    @pytest.mark.anyio
    async def test_the_image_has_the_files(self, builder: Builder, good: BuildRequest, engine: PaperBuildHost) -> None:
        events = await self._build(builder, good, engine)
        files = engine.files_of(result_of(events).image_id)
        assert files == {"etc/passwd": "root:x:0:0::/:/bin/sh\n", "copied": "its content", "run": "it ran"}
        assert b"wrote run\n" in b"".join(event.data for event in events if isinstance(event, VertexLog))

    @pytest.mark.anyio
    async def test_a_second_build_is_cached(self, builder: Builder, good: BuildRequest, engine: PaperBuildHost) -> None:
        await self._build(builder, good, engine)
        events = await self._build(builder, good, engine)
        assert sum(event.cached for event in events if isinstance(event, Vertex)) >= 2

    @pytest.mark.anyio
    @pytest.mark.parametrize("text", ["-1", "²", "253402300800", "9" * 19, "9" * 5000])
    async def test_a_time_that_an_image_cannot_have_is_refused(
        self, builder: Builder, good: BuildRequest, engine: PaperBuildHost, text: str
    ) -> None:
        with pytest.raises(InvalidArgument, match=f"invalid SOURCE_DATE_EPOCH: {text}"):
            await self._build(builder, replace(good, build_args={"SOURCE_DATE_EPOCH": text}), engine)

    @pytest.mark.anyio
    @pytest.mark.parametrize("told", ["many", "²", "9" * 5000])
    async def test_a_cache_that_tells_nonsense_tells_nothing(
        self, builder: Builder, good: BuildRequest, engine: PaperBuildHost, told: str
    ) -> None:
        for steps in ("[[1, 1e400]]", f'[["a", {told}]]', f'[["a", "{told}"]]'):
            annotations = {STEPS_ANNOTATION: steps, OTHERS_ANNOTATION: told}
            engine.images["cache"] = replace(engine.images["base"], annotations=annotations)
            request = replace(good, cache_from=(CacheImport("registry", "cache"),))
            assert result_of(await self._build(builder, request, engine)).image_id


class TestStages(TestDockerfile):
    @pytest.fixture
    def good(self, context: Path) -> BuildRequest:
        return BuildRequest(
            context=context,
            dockerfile_text="FROM base AS one\nRUN write run it ran\nFROM base\nCOPY --from=one run /\nCOPY --link file copied\n",
        )
