"""The contract every log driver keeps.

Subclass `LogDriverContract` in a test module and give it one fixture, `driver`. `options` may be overridden with options that every
log of the suite is opened with; they must leave the log room for a few hundred kilobytes.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from sdk.drivers.logs import ContainerLog, LogContext, LogDriver, LogRequest, StdStream
from sdk.errors import InvalidArgument

STDOUT, STDERR = StdStream.STDOUT, StdStream.STDERR
NOW = 1_700_000_000_123_456_789
_PARTIAL = 16 << 10

OpenLog = Callable[[], ContainerLog]


async def read(log: ContainerLog, request: LogRequest | None = None) -> list[bytes]:
    """Return the lines of a log."""
    return [record.line async for batch in log.read(request or LogRequest()) for record in batch]


class LogDriverContract:
    """Cases read as the specification of `sdk.drivers.logs`."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    def options(self) -> Mapping[str, str]:
        return {}

    @pytest.fixture
    def directory(self, tmp_path: Path) -> Path:
        """The directory of the one container."""
        made = tmp_path / "container"
        made.mkdir()
        return made

    @pytest.fixture
    def open_log(self, driver: LogDriver, options: Mapping[str, str], directory: Path) -> Iterator[OpenLog]:
        """A function that opens one container's log, as a new daemon does. All are closed at the end of the case."""
        context = LogContext("c" * 64, "box", "image", directory, options)
        opened: list[ContainerLog] = []

        def open_one() -> ContainerLog:
            opened.append(driver.open(context))
            return opened[-1]

        yield open_one
        for log in opened:
            log.close()

    @pytest.fixture
    def log(self, open_log: OpenLog) -> ContainerLog:
        return open_log()

    @pytest.mark.anyio
    async def test_unknown_options_are_refused(self, driver: LogDriver) -> None:
        with pytest.raises(InvalidArgument, match=r"unknown log opt .no-driver-knows-this."):
            driver.check({"no-driver-knows-this": "1"})

    @pytest.mark.anyio
    async def test_a_new_log_is_empty(self, log: ContainerLog) -> None:
        assert await read(log) == []
        assert await read(log, LogRequest(tail=5)) == []

    @pytest.mark.anyio
    async def test_lines_come_back_with_stream_and_time(self, log: ContainerLog) -> None:
        log.write(STDOUT, b"one\ntwo\n", NOW)
        log.write(STDERR, b"three\n", NOW + 1)
        records = [record async for batch in log.read(LogRequest()) for record in batch]
        assert [(r.stream, r.time_ns, r.line) for r in records] == [
            (STDOUT, NOW, b"one\n"),
            (STDOUT, NOW, b"two\n"),
            (STDERR, NOW + 1, b"three\n"),
        ]

    @pytest.mark.anyio
    async def test_pieces_of_lines_stay_pieces(self, log: ContainerLog) -> None:
        pieces = [b"x" * _PARTIAL, b"y" * _PARTIAL, b"end\n", b"last words"]
        for piece in pieces:
            log.write(STDOUT, piece, NOW)
        assert await read(log) == pieces

    @pytest.mark.anyio
    async def test_any_text_comes_back(self, log: ContainerLog) -> None:
        text = "".join(map(chr, [*range(1, 0x500), 0x2028, 0x2029, 0xFFFD, 0x1F600])).encode() + b'\\ "quoted" <&>\n'
        log.write(STDOUT, text, NOW)
        assert b"".join(await read(log)) == text

    @pytest.mark.anyio
    async def test_requests_choose_by_stream_and_time(self, log: ContainerLog) -> None:
        for number in range(10):
            log.write(STDERR if number % 2 else STDOUT, b"%d\n" % number, NOW + number)
        assert await read(log, LogRequest(stderr=False)) == [b"0\n", b"2\n", b"4\n", b"6\n", b"8\n"]
        assert await read(log, LogRequest(since_ns=NOW + 8)) == [b"8\n", b"9\n"]
        assert await read(log, LogRequest(until_ns=NOW + 1)) == [b"0\n", b"1\n"]

    @pytest.mark.anyio
    @pytest.mark.parametrize("count", [0, 1, 500, 2999, 3000, 5000])
    async def test_a_tail_is_the_last_lines(self, log: ContainerLog, count: int) -> None:
        lines = [b"line %d\n" % number for number in range(3000)]
        for start in range(0, 3000, 100):
            log.write(STDOUT, b"".join(lines[start : start + 100]), NOW + start)
        assert await read(log, LogRequest(tail=count)) == lines[max(0, 3000 - count) :]

    @pytest.mark.anyio
    async def test_what_is_written_is_there_for_the_next_daemon(self, log: ContainerLog, open_log: OpenLog) -> None:
        log.write(STDOUT, b"one\n", NOW)
        assert await read(open_log()) == [b"one\n"]

    @pytest.mark.anyio
    async def test_rewind_drops_exactly_what_came_after(self, log: ContainerLog, open_log: OpenLog) -> None:
        empty = log.position()
        log.write(STDOUT, b"kept\n", NOW)
        position = log.position()
        assert position.isascii()
        assert len(position) <= 64
        for number in range(2000):
            log.write(STDERR, b"dropped %d\n" % number, NOW + 1 + number)
        again = open_log()
        again.rewind(position)
        again.rewind(position)
        assert await read(again) == [b"kept\n"]
        again.write(STDOUT, b"more\n", NOW + 9999)
        assert await read(again) == [b"kept\n", b"more\n"]
        again.rewind(empty)
        assert await read(again) == []

    @pytest.mark.anyio
    async def test_followers_get_everything_once_and_end_with_close(self, log: ContainerLog) -> None:
        got: list[list[bytes]] = [[], []]

        async def follow(into: list[bytes]) -> None:
            into += await read(log, LogRequest(follow=True))

        log.write(STDOUT, b"before\n", NOW)
        expected = [b"before\n"]
        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                for into in got:
                    tasks.start_soon(follow, into)
                await anyio.sleep(0.05)
                for number in range(1000):
                    expected.append(b"line %d\n" % number)
                    log.write(STDOUT, expected[-1], NOW + 1 + number)
                    if number % 50 == 0:
                        await anyio.lowlevel.checkpoint()
                log.close()
        assert got == [expected, expected]

    @pytest.mark.anyio
    async def test_a_closed_log_can_be_used_again(self, log: ContainerLog) -> None:
        log.write(STDOUT, b"one\n", NOW)
        log.close()
        log.close()
        log.write(STDOUT, b"two\n", NOW + 1)
        assert await read(log) == [b"one\n", b"two\n"]

    @pytest.mark.anyio
    async def test_remove_leaves_nothing_and_is_idempotent(self, log: ContainerLog, directory: Path) -> None:
        log.write(STDOUT, b"one\n", NOW)
        log.remove()
        log.remove()
        assert list(directory.iterdir()) == []
