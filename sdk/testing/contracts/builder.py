"""The contract every builder keeps.

Subclass `BuilderContract` in a test module and give it four fixtures: `builder`, opened, and three requests in its language. `good` builds
an image, `malformed` cannot be understood, and `failing` fails in the middle, in a step of its own. They are built on a
`sdk.testing.build_host.PaperBuildHost`, which has the image `base` and says which processes it pretends to run. `endless`, a request whose
step ends only by cancellation (`sleep`), may be given as well.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from sdk.builder import Builder
from sdk.engine.build_events import BuildEvent, BuildResult, Vertex
from sdk.engine.builds import BuildRequest, Store
from sdk.errors import BuildFailed, EngineError, InvalidArgument
from sdk.oci.image import ExecutionConfig
from sdk.testing.build_host import PaperBuildHost

_DEADLINE = 30
"""Seconds that a build may take on a loaded machine."""
_TELLING = 0.2
"""Seconds in which a builder that tells of a process while it runs has told of it."""


def vertices(events: list[BuildEvent]) -> dict[str, Vertex]:
    """Return the newest announcement of each vertex."""
    return {event.digest: event for event in events if isinstance(event, Vertex)}


def result_of(events: list[BuildEvent]) -> BuildResult:
    """Return the one result, which is the last event."""
    assert [position for position, event in enumerate(events) if isinstance(event, BuildResult)] == [len(events) - 1]
    result = events[-1]
    assert isinstance(result, BuildResult)
    return result


class BuilderContract:
    """Cases read as the specification of `sdk.builder.Builder`."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    def engine(self, tmp_path: Path) -> PaperBuildHost:
        """The engine that builds are made on."""
        (tmp_path / "engine").mkdir()
        made = PaperBuildHost(tmp_path / "engine")
        made.add_image("base", {"etc/passwd": "root:x:0:0::/:/bin/sh\n"})
        return made

    @pytest.fixture
    def endless(self) -> BuildRequest | None:
        return None

    async def _build(self, builder: Builder, request: BuildRequest, engine: PaperBuildHost) -> list[BuildEvent]:
        with anyio.fail_after(_DEADLINE):
            return [event async for event in builder.build(request, engine)]

    async def _failure(
        self, builder: Builder, request: BuildRequest, engine: PaperBuildHost
    ) -> tuple[EngineError, list[BuildEvent]]:
        events: list[BuildEvent] = []
        try:
            with anyio.fail_after(_DEADLINE):
                async for event in builder.build(request, engine):
                    events += [event]
        except (BuildFailed, InvalidArgument) as error:
            return error, events
        pytest.fail("the build succeeded")

    def _assert_nothing_open(self, engine: PaperBuildHost) -> None:
        assert (engine.open_places, engine.running) == (0, 0)

    @pytest.mark.anyio
    async def test_a_success_ends_with_the_image_it_stored(
        self, builder: Builder, good: BuildRequest, engine: PaperBuildHost
    ) -> None:
        result = result_of(await self._build(builder, good, engine))
        assert result.image_id in engine.stored
        assert result.descriptor is not None
        assert engine.stored[result.image_id].config.architecture == result.config.architecture
        self._assert_nothing_open(engine)

    @pytest.mark.anyio
    async def test_the_image_has_the_tags_and_labels_asked_for(
        self, builder: Builder, good: BuildRequest, engine: PaperBuildHost
    ) -> None:
        request = replace(good, tags=("one:1", "two"), labels={"a.label": "its value"})
        result = result_of(await self._build(builder, request, engine))
        assert set(result.names) == {"one:1", "two:latest"}
        assert {name: image for name, image in engine.names.items() if image == result.image_id}.keys() == {"one:1", "two"}
        config = engine.stored[result.image_id].config.config
        assert config is not None
        assert (config.labels or {})["a.label"] == "its value"

    @pytest.mark.anyio
    async def test_a_tag_that_is_none_is_refused_before_anything_is_made(
        self, builder: Builder, good: BuildRequest, engine: PaperBuildHost
    ) -> None:
        await self._failure(builder, replace(good, tags=("UPPER CASE",)), engine)
        assert engine.stored == {}

    @pytest.mark.anyio
    async def test_every_vertex_of_a_success_is_told_to_its_end(
        self, builder: Builder, good: BuildRequest, engine: PaperBuildHost
    ) -> None:
        found = vertices(await self._build(builder, good, engine))
        assert found
        for vertex in found.values():
            assert vertex.started_ns > 0, vertex
            assert vertex.completed_ns >= vertex.started_ns, vertex
            assert not vertex.error, vertex
            assert set(vertex.inputs) <= found.keys(), vertex

    @pytest.mark.anyio
    async def test_a_build_for_the_cache_alone_stores_nothing(
        self, builder: Builder, good: BuildRequest, engine: PaperBuildHost
    ) -> None:
        result = result_of(await self._build(builder, replace(good, store=Store.NOTHING), engine))
        assert (result.image_id, result.descriptor, engine.stored) == ("", None, {})
        self._assert_nothing_open(engine)

    @pytest.mark.anyio
    async def test_with_its_times_clamped_the_same_build_is_the_same_image(
        self, builder: Builder, good: BuildRequest, engine: PaperBuildHost
    ) -> None:
        request = replace(good, source_date_epoch=1_700_000_000, no_cache=True)
        first = result_of(await self._build(builder, request, engine))
        second = result_of(await self._build(builder, request, engine))
        assert first.image_id == second.image_id

    @pytest.mark.anyio
    async def test_builds_at_once_do_not_meet(self, builder: Builder, good: BuildRequest, engine: PaperBuildHost) -> None:
        results: dict[int, BuildResult] = {}

        async def one(number: int) -> None:
            request = replace(good, tags=(f"image:{number}",), labels={"number": str(number)})
            results[number] = result_of(await self._build(builder, request, engine))

        async with anyio.create_task_group() as tasks:
            for number in range(6):
                tasks.start_soon(one, number)
        for number, result in results.items():
            config = engine.stored[result.image_id].config.config
            assert config is not None
            assert (config.labels or {})["number"] == str(number)
        self._assert_nothing_open(engine)

    @pytest.mark.anyio
    async def test_what_cannot_be_understood_is_refused_and_stores_nothing(
        self, builder: Builder, malformed: BuildRequest, engine: PaperBuildHost
    ) -> None:
        error, events = await self._failure(builder, malformed, engine)
        assert error.message
        assert not any(isinstance(event, BuildResult) for event in events)
        assert engine.stored == {}
        self._assert_nothing_open(engine)

    @pytest.mark.anyio
    async def test_a_step_that_fails_is_told_before_the_build_fails(
        self, builder: Builder, failing: BuildRequest, engine: PaperBuildHost
    ) -> None:
        error, events = await self._failure(builder, failing, engine)
        assert isinstance(error, BuildFailed)
        failed = [vertex for vertex in vertices(events).values() if vertex.error]
        assert failed
        assert error.vertex in {vertex.digest for vertex in failed}
        assert all(vertex.completed_ns for vertex in failed)
        assert engine.names == {}
        self._assert_nothing_open(engine)

    @pytest.mark.anyio
    async def test_a_build_that_is_given_up_leaves_nothing_running(
        self, builder: Builder, good: BuildRequest, endless: BuildRequest | None, engine: PaperBuildHost
    ) -> None:
        request = endless or good
        with anyio.fail_after(_DEADLINE):
            async with aclosing(builder.build(request, engine)) as events:
                await self._until_it_runs(events, engine, endless)
        self._assert_nothing_open(engine)
        assert result_of(await self._build(builder, good, engine)).image_id

    @pytest.mark.anyio
    async def test_a_build_that_is_cancelled_leaves_nothing_running(
        self, builder: Builder, good: BuildRequest, endless: BuildRequest | None, engine: PaperBuildHost
    ) -> None:
        request = endless or good
        async with anyio.create_task_group() as tasks:

            async def build() -> None:
                async with aclosing(builder.build(request, engine)) as events:
                    async for _event in events:
                        pass

            tasks.start_soon(build)
            if endless:
                with anyio.fail_after(_DEADLINE):
                    await engine.process_began.wait()
            tasks.cancel_scope.cancel()
        self._assert_nothing_open(engine)

    async def _until_it_runs(self, events: AsyncIterator[BuildEvent], engine: PaperBuildHost, endless: BuildRequest | None) -> None:
        """Read events until a process runs; a builder that tells nothing meanwhile is cancelled where it waits, as the engine does."""

        async def give_up(scope: anyio.CancelScope) -> None:
            await engine.process_began.wait()
            await anyio.sleep(_TELLING)
            scope.cancel()

        async with anyio.create_task_group() as tasks:
            if endless:
                tasks.start_soon(give_up, tasks.cancel_scope)
            async for _event in events:
                if engine.running or not endless:
                    break
            tasks.cancel_scope.cancel()

    def test_no_instruction_changes_nothing(self, builder: Builder) -> None:
        config = ExecutionConfig(cmd=("sh",))
        assert builder.changed(config, ()) == config

    def test_an_instruction_it_does_not_know_is_refused(self, builder: Builder) -> None:
        with pytest.raises(InvalidArgument):
            builder.changed(ExecutionConfig(), ["NO-SUCH-INSTRUCTION x"])
