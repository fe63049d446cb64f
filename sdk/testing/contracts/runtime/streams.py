"""Standard streams and terminals."""

import pytest

from sdk.errors import Conflict
from sdk.testing.contracts.runtime.lab import INTERACTIVE, TERMINAL, Lab
from sdk.testing.runtimes import exit_code, read_all, read_until, write_stdin


class StreamCases:
    """Standard streams and terminals."""

    @pytest.mark.anyio
    async def test_output_and_errors_are_two_streams(self, lab: Lab) -> None:
        assert await lab.run("sh", "-c", "echo out; echo err >&2") == (0, b"out\n", b"err\n")

    @pytest.mark.anyio
    async def test_much_output_arrives_whole(self, lab: Lab) -> None:
        code, out, _ = await lab.run("sh", "-c", "seq 1 200000")
        assert code == 0
        assert out == b"".join(b"%d\n" % number for number in range(1, 200001))

    @pytest.mark.anyio
    async def test_without_stdin_reading_ends_at_once(self, lab: Lab) -> None:
        task = await lab.start("cat")
        assert task.open_stdin() is None
        assert await exit_code(task) == 0

    @pytest.mark.anyio
    async def test_stdin_stays_open_until_it_is_closed(self, lab: Lab) -> None:
        task = await lab.start("sh", "-c", "cat; echo end", io=INTERACTIVE)
        assert task.stdout is not None
        await write_stdin(task, b"one\n")
        assert await read_until(task.stdout, b"one\n") == b"one\n"
        await write_stdin(task, b"two\n")
        assert await read_until(task.stdout, b"two\n") == b"two\n"
        task.close_stdin()
        task.close_stdin()
        assert await read_all(task.stdout) == b"end\n"
        assert task.open_stdin() is None
        assert await exit_code(task) == 0

    @pytest.mark.anyio
    async def test_output_is_readable_after_the_end(self, lab: Lab) -> None:
        task = await lab.start("sh", "-c", "echo kept; exit 2")
        assert await exit_code(task) == 2
        assert await read_all(task.stdout) == b"kept\n"

    @pytest.mark.anyio
    async def test_a_terminal_is_one(self, lab: Lab) -> None:
        task = await lab.start("sh", "-c", "tty; stty size; test -t 0 && test -t 2 && echo ok", io=TERMINAL)
        assert task.stderr is None
        lines = (await read_all(task.stdout)).split(b"\r\n")
        assert lines[0].startswith(b"/dev/")
        assert lines[1:3] == [b"24 80", b"ok"]
        assert await exit_code(task) == 0

    @pytest.mark.anyio
    async def test_a_terminal_takes_input_and_a_new_size(self, lab: Lab) -> None:
        task = await lab.start("sh", "-c", "stty -echo; echo up; while read x; do stty size; done", io=TERMINAL)
        assert task.stdout is not None
        await read_until(task.stdout, b"up")
        await task.resize(50, 132)
        await write_stdin(task, b"\n")
        assert b"50 132" in await read_until(task.stdout, b"50 132")
        await write_stdin(task, b"\x04")
        assert await exit_code(task) == 0

    @pytest.mark.anyio
    async def test_resizing_what_has_no_terminal_is_refused(self, lab: Lab) -> None:
        task = await lab.sleeper()
        with pytest.raises(Conflict):
            await task.resize(1, 1)
