"""`docker wait`: for which end, and what of a container that has ended."""

from types import SimpleNamespace
from typing import cast

import anyio
import pytest

from core.containers.life.ends import Ends
from core.containers.life.live import LiveContainer
from core.engine.containers.wait import Ended, Ending, is_busy, register
from sdk.engine.containers import ContainerState as State
from sdk.engine.containers import WaitCondition, WaitResult

pytestmark = pytest.mark.anyio


def live(state: State, code: int = 0, error: str = "") -> LiveContainer:
    record = SimpleNamespace(state=state, exit_code=code, error=error)
    return cast(LiveContainer, SimpleNamespace(record=record, ends=Ends()))


@pytest.mark.parametrize("state", [State.CREATED, State.EXITED, State.DEAD])
async def test_who_does_not_run_has_ended(state: State) -> None:
    waited = register(live(state, 7, "why"), WaitCondition.NOT_RUNNING)
    assert isinstance(waited, Ended)
    assert await waited.result() == WaitResult(7, "why")
    assert not is_busy(live(state))


@pytest.mark.parametrize("state", [State.RUNNING, State.PAUSED, State.RESTARTING])
@pytest.mark.parametrize("condition", [WaitCondition.NOT_RUNNING, WaitCondition.NEXT_EXIT])
async def test_who_runs_or_is_to_be_started_again_is_waited_for(state: State, condition: WaitCondition) -> None:
    container = live(state)
    assert is_busy(container)
    waited = register(container, condition)
    with anyio.move_on_after(0.01) as waiting:
        await waited.result()
    assert waiting.cancelled_caught
    container.ends.ended(WaitResult(3))
    with anyio.fail_after(20):
        assert await waited.result() == WaitResult(3)


async def test_the_next_end_is_not_the_one_that_was() -> None:
    container = live(State.EXITED, 7)
    waited = register(container, WaitCondition.NEXT_EXIT)
    assert isinstance(waited, Ending)
    container.ends.ended(WaitResult(9))
    assert (await waited.result()).exit_code == 9


async def test_a_removal_is_no_end() -> None:
    container = live(State.RUNNING)
    waited = register(container, WaitCondition.REMOVED)
    container.ends.ended(WaitResult(3))
    with anyio.move_on_after(0.01) as waiting:
        await waited.result()
    assert waiting.cancelled_caught
