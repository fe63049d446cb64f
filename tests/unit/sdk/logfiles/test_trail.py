"""What a log holds from a moment on: all of it in order, over rotations, and a count of what was given up."""

from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from sdk.drivers.logs import StdStream
from sdk.logfiles.local import LocalLines
from sdk.logfiles.log import LineLog
from sdk.logfiles.rotation import Rotation
from sdk.logfiles.trail import Trail
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
    return [int(record.line.split()[1]) for block in iter(trail.take, b"") for record in trail.decode(block)]


async def test_it_begins_where_the_log_ends_and_goes_on(log: LineLog) -> None:
    write(log, range(5))
    trail = log.trail()
    assert taken(trail) == []
    write(log, range(5, 8))
    assert taken(trail) == [5, 6, 7]
    write(log, range(8, 10))
    assert taken(trail) == [8, 9]
    trail.leave()
    assert trail.rest() == 0


async def test_rotation_and_compression_take_nothing_away(log: LineLog) -> None:
    trail = log.trail()
    write(log, range(150))
    assert taken(trail) == list(range(150))
    assert trail.take_lost() == 0
    trail.leave()
    trail.rest()


async def test_what_is_given_up_is_counted_and_what_was_not_taken(log: LineLog) -> None:
    before = len(open_descriptors())
    trail = log.trail()
    write(log, range(1000))
    lost = trail.take_lost()
    assert 0 < lost < 1000
    first = trail.decode(trail.take())
    trail.leave()
    write(log, range(1000, 2000))
    assert len(first) + lost + trail.rest() == 1000
    log.close()
    assert len(open_descriptors()) <= before
