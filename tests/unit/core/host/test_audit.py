"""Which traces are leaks is decided by the records alone."""

from core.host.audit import leaks
from core.host.records import Records
from core.host.traces import Trace

RUNNING, STOPPED, GONE = "a" * 64, "b" * 64, "c" * 64
RECORDS = Records("12345678", alive=frozenset({RUNNING}), known=frozenset({RUNNING, STOPPED}))
NOTHING_RUNS = Records("12345678", known=frozenset({STOPPED}))


def _leaked(*traces: Trace, records: Records = RECORDS, is_running: bool = False) -> list[Trace]:
    return leaks(traces, records, is_running=is_running)


def test_a_running_container_may_have_everything() -> None:
    assert _leaked(*(Trace(kind, "x", RUNNING) for kind in ("process", "cgroup", "mount", "file", "link"))) == []


def test_a_stopped_container_has_files_only() -> None:
    process, cgroup, file = Trace("process", "1 sh", STOPPED), Trace("cgroup", "/c", STOPPED), Trace("file", "/f", STOPPED)
    assert _leaked(process, cgroup, file) == [process, cgroup]


def test_what_no_record_knows_has_leaked() -> None:
    traces = [Trace(kind, "x", GONE) for kind in ("process", "cgroup", "mount", "file")]
    assert _leaked(*traces) == traces
    assert _leaked(*traces, is_running=True) == traces


def test_what_carries_no_id_is_in_use_while_anything_runs() -> None:
    spare = Trace("link", "v123456a")
    assert _leaked(spare) == []
    assert _leaked(spare, records=NOTHING_RUNS, is_running=True) == []
    assert _leaked(spare, records=NOTHING_RUNS) == [spare]


def test_bridges_and_the_table_stay_with_their_networks() -> None:
    stray = Trace("bridge", "br-cccccccccccc", "c" * 12)
    kept = [Trace("table", "core_12345678"), Trace("bridge", "core0"), Trace("bridge", "br-bbbbbbbbbbbb", "b" * 12)]
    assert _leaked(*kept, stray, records=NOTHING_RUNS) == [stray]
