"""The life of a container: one state, one table of transitions, nothing else."""

from enum import StrEnum

from msgspec.structs import replace

from core.containers.life.record import ContainerRecord
from sdk.engine.containers import ContainerState as State
from sdk.errors import Conflict


class Transition(StrEnum):
    START = "start"
    EXIT = "exit"
    AWAIT_RESTART = "await restart"
    PAUSE = "pause"
    UNPAUSE = "unpause"
    REMOVE = "remove"
    FAIL_REMOVAL = "fail removal"


TRANSITIONS: dict[tuple[State, Transition], State] = {
    (State.CREATED, Transition.START): State.RUNNING,
    (State.EXITED, Transition.START): State.RUNNING,
    (State.RESTARTING, Transition.START): State.RUNNING,
    (State.RUNNING, Transition.PAUSE): State.PAUSED,
    (State.PAUSED, Transition.UNPAUSE): State.RUNNING,
    (State.RUNNING, Transition.EXIT): State.EXITED,
    (State.PAUSED, Transition.EXIT): State.EXITED,
    (State.RESTARTING, Transition.EXIT): State.EXITED,
    (State.CREATED, Transition.EXIT): State.EXITED,
    (State.RUNNING, Transition.AWAIT_RESTART): State.RESTARTING,
    (State.PAUSED, Transition.AWAIT_RESTART): State.RESTARTING,
    (State.RESTARTING, Transition.AWAIT_RESTART): State.RESTARTING,
    (State.CREATED, Transition.REMOVE): State.REMOVING,
    (State.EXITED, Transition.REMOVE): State.REMOVING,
    (State.DEAD, Transition.REMOVE): State.REMOVING,
    (State.REMOVING, Transition.FAIL_REMOVAL): State.DEAD,
}

RUNNING_STATES = frozenset({State.RUNNING, State.PAUSED})


def is_running(record: ContainerRecord) -> bool:
    """Tell whether the container has a live process, paused or not."""
    return record.state in RUNNING_STATES


def apply(record: ContainerRecord, transition: Transition) -> ContainerRecord:
    """Return the record in its next state. Raises Conflict with Docker's sentence where there is none."""
    following = TRANSITIONS.get((record.state, transition))
    if following is None:
        raise Conflict(_refusal(record, transition))
    return replace(record, state=following)


def _refusal(record: ContainerRecord, transition: Transition) -> str:
    match transition, record.state:
        case Transition.START, State.PAUSED:
            return "cannot start a paused container, try unpause instead"
        case Transition.START, State.REMOVING:
            return "container is marked for removal and cannot be started"
        case Transition.PAUSE, State.PAUSED:
            return f"Container {record.id} is already paused"
        case Transition.PAUSE, State.RESTARTING:
            return f"Container {record.id} is restarting, wait until the container is running"
        case Transition.PAUSE, _:
            return f"Container {record.id} is not running"
        case Transition.UNPAUSE, _:
            return f"Container {record.id} is not paused"
        case Transition.REMOVE, State.REMOVING:
            return f"removal of container {record.id} is already in progress"
        case Transition.REMOVE, State.PAUSED:
            return f'cannot remove container "/{record.name}": container is paused and must be unpaused first'
        case Transition.REMOVE, _:
            return f'cannot remove container "/{record.name}": container is {record.state}: stop the container before removing or force remove'
    return f"container {record.id} is {record.state}: cannot {transition}"
