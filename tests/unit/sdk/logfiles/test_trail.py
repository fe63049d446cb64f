"""What a log holds from a moment on: all of it in order, over rotations, and a count of what was given up."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import anyio
import pytest

from sdk.drivers.logs import LogRequest, StdStream
from sdk.logfiles.follower import Follower
from sdk.logfiles.local import LocalLines
from sdk.logfiles.log import LineLog
from sdk.logfiles.rotation import Rotation
from sdk.logfiles.trail import MOST_WAITING, Trail
from tests.descriptors import open_descriptors

pytestmark = pytest.mark.anyio
OUT = StdStream.STDOUT


@pytest.fixture
async def log(tmp_path: Path) -> Iterator[LineLog]:
    made = LineLog(
        tmp_path / "log",
        Rotation(1000, 4, compress=True),
        LocalLines(),
        anyio.CapacityLimiter(1),
        lambda work: work(),
        is_told=False,
    )
    yield made
    made.close()


def write(log: LineLog, numbers: range) -> None:
    for number in numbers:
        log.write(OUT, b"line %d\n" % number, 1 + number)


def taken(trail: Trail) -> list[int]:
    """Take all that is there."""
    numbers = []
    while trail.begin():
        numbers += [int(record.line.split()[1]) for record in trail.decode(trail.read())]
        assert trail.took()
    return numbers


async def test_it_begins_where_the_log_ends_and_goes_on(log: LineLog) -> None:
    write(log, range(5))
    trail = log.trail()
    assert taken(trail) == []
    write(log, range(5, 8))
    assert taken(trail) == [5, 6, 7]
    write(log, range(8, 10))
    assert taken(trail) == [8, 9]
    assert trail.leave() == 0


async def test_rotation_and_compression_take_nothing_away(log: LineLog) -> None:
    trail = log.trail()
    write(log, range(150))
    assert taken(trail) == list(range(150))
    assert trail.take_lost() == 0
    assert trail.leave() == 0


async def test_what_is_given_up_is_counted_and_what_was_not_taken(log: LineLog) -> None:
    before = len(open_descriptors())
    trail = log.trail()
    write(log, range(1000))
    lost = trail.take_lost()
    assert 0 < lost < 1000
    assert trail.begin()
    first = trail.decode(trail.read())
    assert trail.took()
    rest = trail.leave()
    write(log, range(1000, 2000))
    assert len(first) + lost + rest == 1000
    assert trail.leave() == 0
    log.close()
    assert len(open_descriptors()) <= before


async def test_what_is_given_up_is_counted_without_reading_it(log: LineLog, monkeypatch: pytest.MonkeyPatch) -> None:
    trail = log.trail()
    with monkeypatch.context() as unreadable:
        unreadable.setattr(os, "pread", lambda *_: 1 // 0)
        write(log, range(1000))
        assert trail.leave() == 1000


async def test_what_is_left_while_it_is_read_is_given_up_and_closed_by_its_reader(log: LineLog) -> None:
    before = len(open_descriptors())
    trail = log.trail()
    write(log, range(100))
    assert trail.begin()
    assert trail.leave() == 100
    assert len(trail.decode(trail.read())) > 1
    assert not trail.took()
    assert not trail.begin()
    log.close()
    assert len(open_descriptors()) <= before


async def test_no_more_is_read_than_was_there_at_the_begin(log: LineLog) -> None:
    trail = log.trail()
    write(log, range(5))
    assert trail.begin()
    write(log, range(5, 10))
    assert len(trail.decode(trail.read())) == 5
    assert trail.took()
    assert taken(trail) == list(range(5, 10))
    assert trail.leave() == 0


async def test_many_small_files_take_few_descriptors(tmp_path: Path) -> None:
    rotation = Rotation(10, 100_000, compress=False)
    log = LineLog(tmp_path / "log", rotation, LocalLines(), anyio.CapacityLimiter(1), lambda work: work(), is_told=False)
    before = len(open_descriptors())
    trail = log.trail()
    write(log, range(150))
    assert len(open_descriptors()) - before <= MOST_WAITING + 1
    lost = trail.take_lost()
    assert lost > 0
    assert len(taken(trail)) + lost + trail.take_lost() == 150
    assert trail.leave() == 0
    log.close()


async def test_without_descriptors_the_log_goes_on_and_what_no_reader_can_have_is_counted(log: LineLog) -> None:
    trail, follower = log.trail(), Follower(4)
    write(log, range(10))
    with no_descriptors():
        for number in range(10, 100):
            log.write(OUT, b"line %d\n" % number, 1 + number)
        follower.add_file(log._files.path)
    write(log, range(100, 200))
    follower.add_file(log._files.path)
    found = taken(trail)
    assert len(found) + trail.take_lost() + trail.leave() == 200
    assert found == sorted(found)
    assert follower.closed
    assert not follower.files
    written = [record.line for batch in [batch async for batch in log.read(LogRequest())] for record in batch]
    assert written[-1] == b"line 199\n"


async def test_once_stopped_it_ends_where_the_log_ended(log: LineLog) -> None:
    trail = log.trail()
    write(log, range(5))
    trail.stop()
    write(log, range(5, 8))
    trail.stop()
    assert taken(trail) == [0, 1, 2, 3, 4]
    assert trail.leave() == 0


@contextmanager
def no_descriptors() -> Iterator[None]:
    """Let this process open no more than it has."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    filler = [os.open("/dev/null", os.O_RDONLY)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, open_descriptors())) + 1, limits[1]))
    try:
        with suppress(OSError):
            while True:
                filler.append(os.open("/dev/null", os.O_RDONLY))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        for descriptor in filler:
            os.close(descriptor)
