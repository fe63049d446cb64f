"""The ledger of cgroups, and the record of a task."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from plugins.runtime_ns.ledger import Ledger
from plugins.runtime_ns.record import TaskRecord, load_record, remove_records, save_record
from tests.killed import killed_at_every_call


def test_entries_are_made_replaced_and_struck_out(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.enter("a", "/core/a")
    ledger.enter("b", "/core/b")
    ledger.enter("a", "/other/a")
    assert Ledger(tmp_path).entries() == {"a": "/other/a", "b": "/core/b"}
    ledger.strike("a")
    ledger.strike("a")
    assert ledger.cgroup_of("a") is None
    assert ledger.cgroup_of("b") == "/core/b"


def test_a_record_comes_back(tmp_path: Path) -> None:
    record = TaskRecord("/core/a", bytes(range(256)))
    save_record(tmp_path, record)
    assert load_record(tmp_path) == record


def test_without_a_whole_record_there_is_none(tmp_path: Path) -> None:
    assert load_record(tmp_path) is None
    (tmp_path / "rt.task.json").write_text('{"cgroup": "/co')
    assert load_record(tmp_path) is None


def test_only_the_runtimes_own_files_are_removed(tmp_path: Path) -> None:
    save_record(tmp_path, TaskRecord("/core/a"))
    (tmp_path / "rt.rootfs").mkdir()
    (tmp_path / "config.json").touch()
    remove_records(tmp_path)
    remove_records(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


def test_threads_that_enter_the_same_name_do_not_meet(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.enter("parent", "/core")
    with ThreadPoolExecutor(8) as threads:
        seen = threads.map(lambda _: (ledger.enter("parent", "/core"), ledger.cgroup_of("parent"))[1], range(4000))
    assert set(seen) == {"/core"}


def test_a_note_that_is_replaced_is_there_whenever_the_daemon_is_killed(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.enter("a", "/old/a")
    seen = [Ledger(tmp_path).entries() for _ in killed_at_every_call(lambda: ledger.enter("a", "/new/a"))]
    assert seen[0] == {"a": "/old/a"}
    assert {"a": "/old/a"} in seen[1:]
    assert seen[-1] == {"a": "/new/a"}
    assert all(set(entries) == {"a"} for entries in seen)
