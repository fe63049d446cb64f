import gzip
import json
import os
import random
import resource
import time
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from plugins.log_jsonfile.driver import JsonFileDriver
from sdk.drivers.logs import LogContext, LogRequest, StdStream
from sdk.errors import InvalidArgument
from sdk.logfiles.log import LineLog
from sdk.logfiles.opening import LogOpener
from sdk.logfiles.rotation import RotationDefaults
from tests.descriptors import open_descriptors

pytestmark = pytest.mark.anyio
STDOUT, STDERR = StdStream.STDOUT, StdStream.STDERR
NOW = 1_763_962_980_000_000_000


class Later:
    """Runs background work when told to, or at once."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []
        self.at_once = True

    def __call__(self, work: Callable[[], None]) -> None:
        if self.at_once:
            work()
        else:
            self.waiting.append(work)


class World:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.later = Later()

    def open(self, **options: str) -> LineLog:
        driver = JsonFileDriver(LogOpener(RotationDefaults("10m", 3, compress=False), anyio.CapacityLimiter(2), self.later))
        chosen = {key.replace("_", "-"): value for key, value in options.items()}
        log = driver.open(LogContext("c1", "box", "busybox", self.path, chosen))
        assert isinstance(log, LineLog)
        return log

    def files(self) -> list[str]:
        return sorted(name.removeprefix("c1-json.log") for name in os.listdir(self.path))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def lines(log: LineLog, **request) -> list[bytes]:
    return [record.line for batch in [batch async for batch in log.read(LogRequest(**request))] for record in batch]


async def test_the_file_is_there_from_the_start_and_where_docker_has_it(world: World):
    log = world.open()
    assert log.path == world.path / "c1-json.log"
    assert log.path.exists()
    log.write(STDOUT, b"hello\n", NOW)
    assert json.loads(log.path.read_bytes()) == {"log": "hello\n", "stream": "stdout", "time": "2025-11-24T05:43:00Z"}
    assert await lines(log) == [b"hello\n"]


async def test_a_log_goes_on_where_an_earlier_process_stopped(world: World):
    world.open().write(STDOUT, b"one\n", NOW)
    log = world.open()
    log.write(STDERR, b"two\n", NOW + 1)
    assert await lines(log) == [b"one\n", b"two\n"]


async def test_streams_and_times_choose(world: World):
    log = world.open()
    for number in range(10):
        log.write(STDOUT if number % 2 else STDERR, b"%d\n" % number, NOW + number)
    assert await lines(log, stdout=False) == [b"0\n", b"2\n", b"4\n", b"6\n", b"8\n"]
    assert await lines(log, since_ns=NOW + 7) == [b"7\n", b"8\n", b"9\n"]
    assert await lines(log, until_ns=NOW + 1) == [b"0\n", b"1\n"]
    assert await lines(log, since_ns=NOW + 3, until_ns=NOW + 6, stderr=False) == [b"3\n", b"5\n"]


@pytest.mark.parametrize("size", ["1k", "100k", "-1"])
async def test_tail(world: World, size: str):
    log = world.open(max_size=size, max_file="200")
    written = []
    for number in range(2000):
        line = b"%d %s\n" % (number, b"x" * (number % 50))
        written.append(line)
        log.write(STDERR if number % 3 else STDOUT, line, NOW + number)
    for count in (0, 1, 2, 7, 500, 1999, 2000, 3000):
        assert await lines(log, tail=count) == written[len(written) - count if count < 2000 else 0 :]
    assert await lines(log, tail=5, stderr=False) == written[::3][-5:]
    assert await lines(log, tail=600, stdout=False) == [line for n, line in enumerate(written) if n % 3][-600:]


async def test_tail_of_an_empty_log(world: World):
    assert await lines(world.open(), tail=5) == []


async def test_overlong_lines_come_in_pieces_of_any_size(world: World):
    log = world.open()
    piece = b"\x01" * (16 << 10)
    for number in range(20):
        log.write(STDOUT, piece, NOW + number)
    log.write(STDOUT, b"end\n", NOW + 20)
    log.write(STDOUT, b"\x02" * (400 << 10) + b"\n", NOW + 21)
    log.write(STDOUT, b"last\n", NOW + 22)
    assert await lines(log) == [piece] * 20 + [b"end\n", b"\x02" * (400 << 10) + b"\n", b"last\n"]
    assert await lines(log, tail=2) == [b"\x02" * (400 << 10) + b"\n", b"last\n"]
    assert await lines(log, tail=1) == [b"last\n"]


async def test_rotation_keeps_so_many_files_of_such_a_size(world: World):
    log = world.open(max_size="10k", max_file="3")
    for number in range(1000):
        log.write(STDOUT, b"line %d\n" % number, NOW + number)
    assert world.files() == ["", ".1", ".2"]
    longest = 90
    assert all((world.path / f"c1-json.log{suffix}").stat().st_size < 10_000 + longest for suffix in ("", ".1", ".2"))
    kept = await lines(log)
    assert kept == [b"line %d\n" % number for number in range(1000 - len(kept), 1000)]
    assert len(kept) > 200


async def test_a_batch_larger_than_a_file_is_divided(world: World):
    log = world.open(max_size="2k", max_file="100")
    batch = b"".join(b"line %d\n" % number for number in range(500)) + b"partial"
    log.write(STDOUT, batch, NOW)
    assert b"".join(await lines(log)) == batch
    assert len(world.files()) > 15
    assert all(path.stat().st_size < 2_000 + 90 for path in world.path.iterdir())


async def test_one_file_only(world: World):
    log = world.open(max_size="1k", max_file="1")
    for number in range(100):
        log.write(STDOUT, b"line %d\n" % number, NOW + number)
    assert world.files() == [""]
    assert (await lines(log))[-1] == b"line 99\n"


async def test_rotated_files_are_compressed_and_read(world: World):
    log = world.open(max_size="5k", max_file="4", compress="true")
    for number in range(400):
        log.write(STDOUT, b"line %d\n" % number, NOW + number)
    assert world.files() == ["", ".1.gz", ".2.gz", ".3.gz"]
    assert gzip.decompress((world.path / "c1-json.log.1.gz").read_bytes()).startswith(b'{"log":"line ')
    kept = await lines(log)
    assert kept == [b"line %d\n" % number for number in range(400 - len(kept), 400)]
    assert await lines(log, tail=len(kept) - 1) == kept[1:]


async def test_compression_that_ends_after_further_rotations_finds_its_file(world: World):
    log = world.open(max_size="1k", max_file="4", compress="true")
    world.later.at_once = False
    for number in range(45):
        log.write(STDOUT, b"line %d\n" % number, NOW + number)
    before = await lines(log)
    for work in world.later.waiting:
        work()
    assert world.files() == ["", ".1.gz", ".2.gz", ".3.gz"]
    assert await lines(log) == before


async def test_compression_that_ends_after_removal_leaves_nothing(world: World):
    log = world.open(max_size="1k", max_file="4", compress="true")
    world.later.at_once = False
    for number in range(45):
        log.write(STDOUT, b"line %d\n" % number, NOW + number)
    log.remove()
    log.remove()
    for work in world.later.waiting:
        work()
    assert world.files() == []


async def test_what_a_crash_in_a_compression_left_is_swept(world: World):
    log = world.open(max_size="1k", compress="true")
    world.later.at_once = False
    for number in range(20):
        log.write(STDOUT, b"line %d\n" % number, NOW + number)
    before = await lines(log)
    (world.path / "c1-json.log.77.unfinished").write_bytes(b"half")
    (world.path / "c1-json.log.1.gz").write_bytes(gzip.compress((world.path / "c1-json.log.1").read_bytes()))
    log = world.open(max_size="1k", compress="true")
    assert world.files() == ["", ".1"]
    assert await lines(log) == before


async def test_old_files_are_not_even_opened_for_since(world: World, monkeypatch):
    log = world.open(max_size="1k", max_file="5")
    now = time.time_ns()
    for number in range(40):
        log.write(STDOUT, b"line %d\n" % number, now + number)
    for path in log._files.rotated():
        os.utime(path, (1, 1))
    kept = await lines(log, since_ns=now)
    assert 0 < len(kept) < 20
    assert kept[-1] == b"line 39\n"


class Following:
    """A follower in the background."""

    def __init__(self, log: LineLog, **request) -> None:
        self.got: list[bytes] = []
        self.done = anyio.Event()
        self._log = log
        self._request = LogRequest(follow=True, **request)

    async def run(self) -> None:
        async for batch in self._log.read(self._request):
            self.got += [record.line for record in batch]
        self.done.set()


async def test_following_sees_everything_across_rotations_and_ends_with_close(world: World):
    log = world.open(max_size="2k", max_file="50", compress="true")
    log.write(STDOUT, b"before\n", NOW)
    async with anyio.create_task_group() as tasks:
        following = [Following(log), Following(log), Following(log, tail=0)]
        for follower in following:
            tasks.start_soon(follower.run)
        await anyio.sleep(0.05)
        expected = [b"before\n"]
        for number in range(300):
            line = b"line %d\n" % number
            expected.append(line)
            log.write(STDOUT, line, NOW + number)
            if number % 10 == 0:
                await anyio.sleep(0)
        log.close()
        with anyio.fail_after(30):
            for follower in following:
                await follower.done.wait()
    assert following[0].got == following[1].got == expected
    assert following[2].got == expected[1:]
    log.write(STDOUT, b"again\n", NOW + 1000)
    assert (await lines(log))[-1] == b"again\n"


async def test_a_follower_is_woken_at_once(world: World):
    log = world.open()
    async with anyio.create_task_group() as tasks:
        follower = Following(log)
        tasks.start_soon(follower.run)
        await anyio.sleep(0.05)
        best = 1.0
        for number in range(1, 11):  # a loaded machine delays some
            log.write(STDOUT, b"x\n", NOW)
            begin = time.perf_counter()
            while len(follower.got) < number:
                await anyio.sleep(0)
            best = min(best, time.perf_counter() - begin)
        assert best < 0.5
        log.close()


async def test_following_ends_at_its_time(world: World):
    log = world.open()
    with anyio.fail_after(30):
        log.write(STDOUT, b"now\n", time.time_ns())
        assert await lines(log, follow=True, until_ns=time.time_ns() + 100_000_000) == [b"now\n"]


async def test_a_reader_that_stops_early_leaves_no_descriptor(world: World):
    log = world.open(max_size="1k", max_file="5")
    for number in range(60):
        log.write(STDOUT, b"line %d\n" % number, NOW + number)
    before = len(open_descriptors())
    for follow in (True, False):
        reading = log.read(LogRequest(follow=follow))
        await anext(reading)
        await reading.aclose()
    assert len(open_descriptors()) == before
    assert not log._followers


async def test_a_slow_follower_gives_up_what_is_gone_from_disk_too(world: World):
    log = world.open(max_size="1k", max_file="2")
    reading = log.read(LogRequest(follow=True))
    log.write(STDOUT, b"first\n", NOW)
    got = [record.line for record in await anext(reading)]
    for number in range(200):
        log.write(STDOUT, b"line %d\n" % number, NOW + 1 + number)
    log.close()
    got += [record.line async for batch in reading for record in batch]
    assert got[0] == b"first\n"
    assert got[-1] == b"line 199\n"
    assert len(got) < 60


async def test_rewind_in_one_file(world: World):
    log = world.open()
    log.write(STDOUT, b"kept\n", NOW)
    position = log.position()
    assert len(position) <= 64
    assert position.isascii()
    log.write(STDOUT, b"dropped\n", NOW + 1)
    log = world.open()
    log.rewind(position)
    log.rewind(position)
    assert await lines(log) == [b"kept\n"]
    assert log.position() == position


async def test_rewind_to_an_empty_log(world: World):
    log = world.open(max_size="1k")
    position = log.position()
    for number in range(100):
        log.write(STDOUT, b"line %d\n" % number, NOW + number)
    log.rewind(position)
    assert await lines(log) == []
    assert world.files() == [""]


async def test_rewind_when_all_was_rotated_away(world: World):
    log = world.open(max_size="1k", max_file="2")
    log.write(STDOUT, b"old\n", NOW)
    position = log.position()
    for number in range(100):
        log.write(STDOUT, b"line %d\n" % number, NOW + 1 + number)
    log.rewind(position)
    assert await lines(log) == []


async def test_rewind_refuses_what_is_no_position(world: World):
    log = world.open()
    log.write(STDOUT, b"kept\n", NOW)
    for text in ("", "12", "x:1", "1:x"):
        with pytest.raises(InvalidArgument):
            log.rewind(text)
    assert await lines(log) == [b"kept\n"]


@pytest.mark.parametrize("compress", ["true", "false"])
@pytest.mark.parametrize("max_file", ["1", "2", "5"])
async def test_rewind_is_exact_across_rotations(world: World, compress: str, max_file: str):
    """Whatever is written after a position, and by whichever process, a rewind leaves exactly what stood before it and is kept."""
    chance = random.Random(int(max_file))
    options = {"max_size": "1k", "max_file": max_file, "compress": compress if max_file != "1" else "false"}
    log = world.open(**options)
    model: list[bytes] = []
    number = 0
    for _ in range(150):
        position = log.position()
        length, begin = len(model), number
        for _ in range(chance.choice([0, 1, 2, 5, 20])):
            batch = [b"line %d\n" % (number + n) for n in range(chance.choice([1, 1, 3, 30]))]
            number += len(batch)
            log.write(STDOUT, b"".join(batch), NOW + number)
            model += batch
        if chance.random() < 0.5:
            if chance.random() < 0.5:
                log = world.open(**options)
            log.rewind(position)
            if chance.random() < 0.3:
                log.rewind(position)
            del model[length:]
        kept = await lines(log)
        assert kept == model[len(model) - len(kept) :]
        if max_file == "5" and number - begin < 20:  # the position's file cannot have been dropped
            assert bool(kept) == bool(model)
        # Bytes that rotation dropped before the rewind are gone; from here on the log counts as beginning after them.
        model = kept


async def test_a_log_that_was_truncated_by_hand_goes_on(world: World):
    log = world.open()
    log.write(STDOUT, b"old\n", NOW)
    os.truncate(log.path, 0)
    position = log.position()
    log.write(STDOUT, b"new\n", NOW + 1)
    assert await lines(log) == [b"new\n"]
    log.write(STDOUT, b"newer\n", NOW + 2)
    log.rewind(position)
    assert await lines(log) == []


def test_a_full_disk_leaves_whole_records(world: World):
    child = os.fork()
    if child == 0:
        status = 1
        try:
            import signal

            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            log = world.open()
            log.write(STDOUT, b"kept\n", NOW)
            resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
            try:
                log.write(STDOUT, b"too much\n" * 10, NOW)
            except OSError:
                status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert [json.loads(line)["log"] for line in (world.path / "c1-json.log").read_bytes().splitlines()] == ["kept\n"]


async def test_large_blocks_are_split_into_all_their_lines(world: World):
    log = world.open(max_size="100m")
    block = b"request handled id=0123456789abcdef path=/api/v1/items status=200\n" * 2500
    for number in range(4):
        log.position()
        log.write(STDOUT, block, NOW + number)
    log.write(STDOUT, b"again\n", NOW + 1000)
    kept = await lines(log)
    assert len(kept) == 10_001
    assert kept[-1] == b"again\n"
