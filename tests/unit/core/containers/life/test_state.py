"""The table of transitions is the whole life of a container."""

import pytest
from msgspec.structs import replace

from core.containers.life.record import ContainerRecord
from core.containers.life.state import TRANSITIONS, Transition, apply, is_running
from sdk.engine.containers import ContainerState as State
from sdk.errors import Conflict
from tests.unit.core import records


def record(state: State) -> ContainerRecord:
    return records.record(id="c" * 64, name="web", created_ns=1, image_id="sha256:0", image="busybox", state=state)


@pytest.mark.parametrize(("state", "transition"), TRANSITIONS)
def test_a_listed_transition_leads_where_the_table_says(state, transition):
    before = record(state)
    after = apply(before, transition)
    assert after == replace(before, state=TRANSITIONS[state, transition])


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("transition", Transition)
def test_everything_else_is_a_conflict(state, transition):
    if (state, transition) in TRANSITIONS:
        return
    with pytest.raises(Conflict):
        apply(record(state), transition)


def test_every_state_but_the_first_can_be_reached():
    assert set(TRANSITIONS.values()) == set(State) - {State.CREATED}


@pytest.mark.parametrize(
    ("state", "transition", "sentence"),
    [
        (State.PAUSED, Transition.START, "cannot start a paused container, try unpause instead"),
        (State.REMOVING, Transition.START, "container is marked for removal and cannot be started"),
        (
            State.RUNNING,
            Transition.REMOVE,
            'cannot remove container "/web": container is running: stop the container before removing',
        ),
        (State.PAUSED, Transition.REMOVE, "container is paused and must be unpaused first"),
        (State.EXITED, Transition.PAUSE, f"Container {'c' * 64} is not running"),
        (State.RUNNING, Transition.UNPAUSE, f"Container {'c' * 64} is not paused"),
    ],
)
def test_refusals_are_dockers_sentences(state, transition, sentence):
    with pytest.raises(Conflict, match=sentence.replace("(", r"\(")):
        apply(record(state), transition)


def test_a_paused_container_counts_as_running():
    assert [state for state in State if is_running(record(state))] == [State.RUNNING, State.PAUSED]
