"""Which execs are known, and for how long after their end."""

import pytest

from core.containers.life import execs as execs_module
from core.containers.life.execs import Exec, Execs
from sdk.engine.containers import ExecRequest


def exec_(name: str) -> Exec:
    return Exec(name, ExecRequest(("true",)))


def names(execs: Execs) -> list[str]:
    return [execution.id for execution in execs]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    time = [1000.0]
    monkeypatch.setattr(execs_module.time, "monotonic", lambda: time[0])
    return time


def test_an_exec_runs_from_its_start_to_its_end() -> None:
    execution = exec_("a")
    assert not execution.running
    execution.started = True
    assert execution.running
    Execs().ended(execution, 0)
    assert (execution.running, execution.exit_code) == (False, 0)


def test_what_has_ended_is_known_for_five_minutes_and_what_runs_for_ever(clock: list[float]) -> None:
    execs = Execs()
    for name in ("first", "second", "runs"):
        execs.add(exec_(name))
    for name in ("first", "second"):
        execution = execs.get(name)
        assert execution
        execs.ended(execution, 3)
        clock[0] += 10
    clock[0] = 1300.0
    execs.add(exec_("new"))
    assert names(execs) == ["first", "second", "runs", "new"]
    clock[0] = 1300.1
    execs.add(exec_("newer"))
    assert names(execs) == ["second", "runs", "new", "newer"]
    assert execs.get("first") is None


def test_those_that_never_started_go_with_the_run() -> None:
    execs = Execs()
    started, announced = exec_("started"), exec_("announced")
    started.started = True
    for execution in (started, announced):
        execs.add(execution)
    execs.drop_unstarted()
    assert names(execs) == ["started"]
    execs.ended(announced, 126)  # its start fails a moment later
    execs.add(exec_("next"))
    assert names(execs) == ["started", "next"]
