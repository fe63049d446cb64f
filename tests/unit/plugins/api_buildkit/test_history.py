"""What is remembered of builds, and for how long."""

import asyncio

import anyio
import pytest

from plugins.api_buildkit.build import Build
from plugins.api_buildkit.history import History
from plugins.api_buildkit.proto import control_pb2 as wire
from sdk.engine.build_events import Vertex
from sdk.errors import BuildFailed, NotFound

pytestmark = pytest.mark.anyio


def ran(history: History, ref: str, failure: BaseException | None = None) -> Build:
    build = Build(wire.SolveRequest(ref=ref))
    history.begin(build)
    history.add(build, failure)
    return build


async def listed(history: History, **request: object) -> list[tuple[int, str]]:
    asked = wire.BuildHistoryRequest(early_exit=True, **request)
    return [(event.type, event.record.ref) async for event in history.listen(asked)]


async def test_the_oldest_are_forgotten_but_for_what_is_pinned() -> None:
    history = History(2)
    for ref in "abc":
        ran(history, ref)
        if ref == "b":
            history.pin("b", pinned=True)
    ran(history, "d")
    ran(history, "e")
    assert [ref for _, ref in await listed(history)] == ["e", "d", "b"]
    history.pin("b", pinned=False)
    ran(history, "f")
    assert [ref for _, ref in await listed(history)] == ["f", "e"]
    assert history.find("b") is None


@pytest.mark.parametrize(("limit", "refs"), [(0, "cba"), (1, "c"), (3, "cba"), (9, "cba"), (-1, "cba")])
async def test_the_newest_are_listed_first(limit: int, refs: str) -> None:
    """A limit below zero left the oldest out."""
    history = History(9)
    for ref in "abc":
        ran(history, ref)
    assert [ref for _, ref in await listed(history, limit=limit)] == list(refs)


async def test_one_build_is_asked_for_and_those_that_run() -> None:
    history = History(9)
    ran(history, "a")
    ran(history, "b")
    history.begin(Build(wire.SolveRequest(ref="c")))
    assert await listed(history, ref="a") == [(wire.COMPLETE, "a")]
    assert await listed(history, ref="none") == []
    assert await listed(history, active_only=True) == [(wire.STARTED, "c")]
    assert await listed(history) == [(wire.STARTED, "c"), (wire.COMPLETE, "b"), (wire.COMPLETE, "a")]


async def test_a_listener_is_told_what_happens() -> None:
    history, told = History(9), list[tuple[int, str]]()

    async def listen() -> None:
        async for event in history.listen(wire.BuildHistoryRequest(ref="a")):
            told.append((event.type, event.record.ref))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listen)
        await anyio.wait_all_tasks_blocked()
        ran(history, "b")
        ran(history, "a")
        history.delete("a")
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert told == [(wire.STARTED, "a"), (wire.COMPLETE, "a"), (wire.DELETED, "a")]
    ran(history, "a")  # is told to no listener any more


async def test_what_is_not_known_cannot_be_changed() -> None:
    history = History(9)
    history.begin(Build(wire.SolveRequest(ref="runs")))
    for ref in ("none", "runs"):
        with pytest.raises(NotFound, match=f"build {ref} not found"):
            history.delete(ref)
        with pytest.raises(NotFound):
            history.pin(ref, pinned=True)


@pytest.mark.parametrize(
    ("failure", "code", "message"),
    [(BuildFailed("it went wrong"), 2, "it went wrong"), (asyncio.CancelledError(), 1, "build canceled")],
)
async def test_a_failure_is_told(failure: BaseException, code: int, message: str) -> None:
    history = History(9)
    ran(history, "a", failure)
    ((record,),) = [[event.record async for event in history.listen(wire.BuildHistoryRequest(early_exit=True))]]
    assert (record.error.code, record.error.message) == (code, message)


async def test_steps_are_counted() -> None:
    history, build = History(9), Build(wire.SolveRequest(ref="a"))
    for digest, step, cached, ended in (("1", 1, True, 5), ("2", 2, False, 5), ("3", 3, False, 0), ("4", 0, True, 5)):
        build.tell(Vertex(digest, f"step {digest}", step=step, cached=cached, completed_ns=ended))
    history.add(build, None)
    ((record,),) = [[event.record async for event in history.listen(wire.BuildHistoryRequest(early_exit=True))]]
    assert (record.num_total_steps, record.num_cached_steps, record.num_completed_steps) == (3, 1, 2)
    assert not record.HasField("error")
