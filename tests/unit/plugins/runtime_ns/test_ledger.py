"""The ledger of cgroups."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from plugins.runtime_ns.ledger import Ledger
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
