import logging
import time
from collections.abc import Callable, Iterator

import pytest

from plugins.net_bridge import pool as room
from plugins.net_bridge.pool import Pool


class Thing:
    alive = 0

    def __init__(self) -> None:
        Thing.alive += 1

    def close(self) -> None:
        Thing.alive -= 1


@pytest.fixture
def pool() -> Iterator[Pool[Thing]]:
    Thing.alive = 0
    opened = Pool(Thing, 2, 5, logging.getLogger())
    yield opened
    opened.close()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_it_fills_itself_and_refills(pool: Pool[Thing]) -> None:
    until(lambda: Thing.alive == 2)
    taken = pool.take()
    until(lambda: Thing.alive == 3)
    taken.close()


def test_it_grows_when_it_runs_dry_and_shrinks_when_all_is_quiet(pool: Pool[Thing], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_QUIET_SECONDS", 0.2)
    until(lambda: Thing.alive == 2)
    taken = [pool.take() for _ in range(20)]
    until(lambda: Thing.alive == 25)
    for thing in taken:
        thing.close()
    until(lambda: Thing.alive == 2)


def test_closing_closes_what_is_ready() -> None:
    Thing.alive = 0
    pool = Pool(Thing, 3, 3, logging.getLogger())
    until(lambda: Thing.alive == 3)
    pool.close()
    assert Thing.alive == 0


def test_failing_to_make_one_ahead_is_logged_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    failures = iter([OSError(12, "no memory")])

    def make() -> Thing:
        for failure in failures:
            raise failure
        return Thing()

    pool = Pool(make, 1, 1, logging.getLogger())
    until(lambda: "no memory" in caplog.text)
    assert isinstance(pool.take(), Thing)
    pool.close()


def test_what_is_ready_can_be_had_without_waiting_for_more(pool: Pool[Thing]) -> None:
    until(lambda: Thing.alive == 2)
    taken = [pool.take_ready(), pool.take_ready()]
    assert all(isinstance(thing, Thing) for thing in taken)
    until(lambda: Thing.alive == 4)
    for thing in taken:
        assert thing is not None
        thing.close()
