"""Parents of cgroups, made ready once."""

import threading
import time

import pytest

from plugins.runtime_ns.cgroups.parents import CgroupParents


def test_a_parent_is_made_ready_once_by_one_of_many_threads() -> None:
    parents, prepared, made = CgroupParents(), list[str](), list[int]()

    def prepare() -> None:
        time.sleep(0.01)
        prepared.append("p")

    threads = [
        threading.Thread(target=lambda number=number: parents.fill("p", prepare, lambda: made.append(number)))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (prepared, sorted(made)) == (["p"], list(range(8)))


def test_a_parent_that_went_away_is_made_ready_once_more() -> None:
    parents, there = CgroupParents(), set[str]()

    def make() -> None:
        if "p" not in there:
            raise FileNotFoundError

    parents.fill("p", lambda: there.add("p"), make)
    there.clear()
    parents.fill("p", lambda: there.add("p"), make)
    there.clear()
    with pytest.raises(FileNotFoundError):
        parents.fill("p", lambda: None, make)


def test_what_cannot_be_made_ready_is_tried_again() -> None:
    parents, made = CgroupParents(), list[str]()

    def refuse() -> None:
        raise PermissionError

    with pytest.raises(PermissionError):
        parents.fill("p", refuse, lambda: made.append("too early"))
    parents.fill("p", lambda: made.append("ready"), lambda: made.append("made"))
    assert made == ["ready", "made"]
