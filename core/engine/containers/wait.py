"""`docker wait`: register first, then wait, so that no exit is missed in between."""

from dataclasses import dataclass

from core.containers.life.ends import Outcome
from core.containers.life.live import LiveContainer
from core.containers.life.state import is_running
from sdk.engine.containers import ContainerState, WaitCondition, WaitResult


@dataclass(frozen=True, slots=True)
class Ended:
    """A wait that was over when it was asked for."""

    outcome: WaitResult

    async def result(self) -> WaitResult:
        return self.outcome


@dataclass(frozen=True, slots=True)
class Ending:
    """A wait for one coming end."""

    outcome: Outcome

    async def result(self) -> WaitResult:
        await self.outcome.event.wait()
        return self.outcome.result


def register(live: LiveContainer, condition: WaitCondition) -> Ended | Ending:
    """Register a wait on a container. One that will be restarted counts as not running for the moment of its exit, as in dockerd."""
    if condition is WaitCondition.REMOVED:
        return Ending(live.ends.removal)
    if condition is WaitCondition.NEXT_EXIT or is_busy(live):
        return Ending(live.ends.next_exit)
    return Ended(WaitResult(live.record.exit_code, live.record.error))


def is_busy(live: LiveContainer) -> bool:
    """Tell whether a container runs or will be restarted."""
    return is_running(live.record) or live.record.state is ContainerState.RESTARTING
