"""Cases about the engine itself."""

import time

import anyio
import pytest

from sdk.engine import Engine
from sdk.engine.images import ImageListRequest
from sdk.engine.system import EventsRequest
from sdk.engine.volumes import VolumeCreate
from sdk.events import Event, EventType
from sdk.testing.contracts.engine.bench import DEADLINE, create


@pytest.mark.anyio
class SystemCases:
    """See `sdk.engine.system.System`."""

    async def test_it_tells_what_it_is(self, engine: Engine) -> None:
        info = await engine.system.info()
        assert info.id
        assert info.cpus > 0
        assert info.memory_total > 0
        assert info.runtime in info.runtimes
        assert {"bridge", "host", "null"} <= set(info.network_drivers)
        assert "local" in info.volume_drivers
        assert info.default_log_driver in info.log_drivers

    async def test_it_counts(self, engine: Engine) -> None:
        before = await engine.system.counters()
        events = await engine.system.events(EventsRequest())
        await create(engine, "true")
        await engine.volumes.create(VolumeCreate(name="counted"))
        after = await engine.system.counters()
        assert after.event_subscribers == before.event_subscribers + 1
        assert after.events > before.events
        assert after.volumes == before.volumes + 1
        assert after.images == len(await engine.images.list(ImageListRequest(all=True)))
        assert after.networks == len(await engine.networks.list({}))
        assert after.failed_health_checks <= after.health_checks
        with anyio.fail_after(DEADLINE):
            async for _event in events:
                break

    async def test_past_events_are_told_and_end(self, engine: Engine) -> None:
        since = time.time_ns()
        made = await create(engine, "true", name="box")
        events = await engine.system.events(EventsRequest(since_ns=since, until_ns=time.time_ns()))
        with anyio.fail_after(DEADLINE):
            told = [event async for event in events]
        (event,) = [event for event in told if event.type is EventType.CONTAINER]
        assert (event.action, event.actor, event.attributes["name"]) == ("create", made, "box")

    async def test_events_are_told_as_they_come(self, engine: Engine) -> None:
        listened: list[Event] = []
        events = await engine.system.events(EventsRequest())
        made = await create(engine, "true")
        with anyio.fail_after(DEADLINE):
            async for event in events:
                if event.type is EventType.CONTAINER:
                    listened.append(event)
                    break
        assert (listened[0].action, listened[0].actor) == ("create", made)

    async def test_a_directory_for_a_build_vanishes(self, engine: Engine) -> None:
        async with engine.builds.scratch() as directory:
            assert list(directory.iterdir()) == []
        assert not directory.exists()
