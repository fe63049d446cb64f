"""The builds that run, by reference."""

import anyio
import pytest

from plugins.api_buildkit import builds as module
from plugins.api_buildkit.builds import Builds
from plugins.api_buildkit.history import History
from plugins.api_buildkit.proto.control_pb2 import SolveRequest
from sdk.errors import BuildFailed, Conflict, NotFound

pytestmark = pytest.mark.anyio


async def test_a_build_is_found_while_it_runs_and_afterwards() -> None:
    builds = Builds(History(2))
    with builds.running(SolveRequest(ref="a")) as build:
        assert await builds.get("a") is build
    assert await builds.get("a") is build
    assert build.ended


async def test_a_build_that_starts_a_moment_later_is_waited_for() -> None:
    builds = Builds(History(2))
    found = []

    async def ask() -> None:
        found.append(await builds.get("a"))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        with builds.running(SolveRequest(ref="a")) as build:
            await anyio.wait_all_tasks_blocked()
    assert found == [build]


async def test_a_build_that_does_not_come_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ARRIVAL_SECONDS", 0.01)
    with pytest.raises(NotFound, match="no such job a"):
        await Builds(History(2)).get("a")


async def test_a_reference_is_one_builds_at_a_time() -> None:
    """The second one took the place of the first, and the end of one of them was told as KeyError."""
    builds = Builds(History(2))
    with builds.running(SolveRequest(ref="a")) as first:
        with pytest.raises(Conflict, match="job ID a exists"), builds.running(SolveRequest(ref="a")):
            pytest.fail("it runs")
        assert await builds.get("a") is first
        assert not first.ended
    with builds.running(SolveRequest(ref="a")) as again:
        assert await builds.get("a") is again


async def test_a_failure_is_remembered_and_an_internal_build_is_not() -> None:
    builds = Builds(History(2))
    with pytest.raises(BuildFailed), builds.running(SolveRequest(ref="a")):
        raise BuildFailed("it went wrong")
    with builds.running(SolveRequest(ref="b", internal=True)):
        pass
    assert builds.history.find("a") is not None
    assert builds.history.find("b") is None
