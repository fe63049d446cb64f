"""What the engine tells of itself is that of the runtime which it names; a driver that cannot tell of itself is a warning."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from core.defaults import ContainerDefaults
from core.engine.context import EngineContext, EngineSettings
from core.engine.system.info import info
from core.events.bus import EventBus
from sdk.errors import DriverError, InvalidArgument

pytestmark = pytest.mark.anyio


class Driver:
    """A driver that tells the given of itself."""

    def __init__(self, told: dict[str, str] | Exception) -> None:
        self._told = told

    async def status(self) -> dict[str, str]:
        if isinstance(self._told, Exception):
            raise self._told
        return self._told


RUNTIMES = {
    "plain": Driver({"CgroupDriver": "cgroupfs", "CgroupVersion": "1"}),
    "unified": Driver({"CgroupDriver": "systemd", "CgroupVersion": "2"}),
    "broken": Driver(DriverError("broken", "status", "boom")),
}


class Context(SimpleNamespace):
    """All that is asked of a context here."""

    runtime_name = EngineContext.runtime_name


def runtime(name: str) -> Driver:
    if name not in RUNTIMES:
        raise InvalidArgument(f"unknown or invalid runtime name: {name}")
    return RUNTIMES[name]


def context_of(configured: str) -> EngineContext:
    drivers = SimpleNamespace(
        complaints=tuple, runtime_name="plain", runtimes=RUNTIMES, runtime=runtime,
        storage_name="overlay", storage=Driver({}), networks={}, volume_name="local", volumes={}, logs={}, log_name="json-file",
    )  # fmt: skip
    settings = EngineSettings(Path("/data"), Path("/run"), "instance", containers=ContainerDefaults(runtime=configured))
    return cast(EngineContext, Context(settings=settings, drivers=drivers, containers=(), images=(), events=EventBus()))


@pytest.mark.parametrize(
    ("configured", "expected"),
    [("", ("plain", "cgroupfs", "1")), ("plain", ("plain", "cgroupfs", "1")), ("unified", ("unified", "systemd", "2"))],
)
async def test_the_control_groups_are_those_of_the_runtime_that_is_named(configured: str, expected: tuple[str, str, str]) -> None:
    told = await info(context_of(configured), (), 0)
    assert (told.runtime, told.cgroup_driver, told.cgroup_version) == expected


@pytest.mark.parametrize(
    ("configured", "warning"), [("broken", "broken: status: boom"), ("gone", "unknown or invalid runtime name: gone")]
)
async def test_a_runtime_that_cannot_tell_of_itself_is_a_warning(configured: str, warning: str) -> None:
    told = await info(context_of(configured), (), 0)
    assert told.warnings == (f"WARNING: {warning}",)
