"""Processes made by exec."""

import signal

import pytest

from sdk.errors import NotRunning, StartFailed
from sdk.oci import runtime as oci
from sdk.testing.bundles import process
from sdk.testing.contracts.runtime.lab import INTERACTIVE, PIPES, TERMINAL, Lab
from sdk.testing.runtimes import exit_code, read_all, read_until, write_stdin


class FurtherProcessCases:
    """Processes made by exec."""

    @pytest.mark.anyio
    async def test_exec_runs_in_the_container_with_streams_and_code_of_its_own(self, lab: Lab) -> None:
        task = await lab.sleeper()
        script = "hostname; cat /proc/1/cmdline; cat; echo $A >&2; id -u; exit 9"
        wanted = process("sh", "-c", script, user=oci.User(uid=7, gid=7), env=("A=b",))
        further = await task.exec("e1", wanted, INTERACTIVE)
        assert further.pid in await task.pids()
        await write_stdin(further, b"typed\n")
        further.close_stdin()
        assert await read_all(further.stdout) == b"contract\nsleep\0001000\0typed\n7\n"
        assert await read_all(further.stderr) == b"b\n"
        assert await exit_code(further) == 9
        further.close()

    @pytest.mark.anyio
    async def test_exec_with_a_terminal(self, lab: Lab) -> None:
        task = await lab.sleeper()
        further = await task.exec("e1", process("sh", "-c", "stty size; read x; stty size; exit 4", terminal=True), TERMINAL)
        assert further.stdout is not None
        await read_until(further.stdout, b"24 80")
        await further.resize(10, 20)
        await write_stdin(further, b"\n")
        await read_until(further.stdout, b"10 20")
        assert await exit_code(further) == 4
        further.close()

    @pytest.mark.anyio
    async def test_exec_can_be_signalled(self, lab: Lab) -> None:
        task = await lab.sleeper()
        further = await task.exec("e1", process("sleep", "1000"), PIPES)
        await further.signal(signal.SIGKILL)
        assert await exit_code(further) == 137
        further.close()

    @pytest.mark.anyio
    @pytest.mark.parametrize(
        ("program", "code", "sentence"),
        [
            ("nosuch", 127, 'exec: "nosuch": executable file not found in $PATH'),
            ("/etc/plain", 126, 'exec: "/etc/plain": permission denied'),
        ],
    )
    async def test_exec_of_what_cannot_be_executed(self, lab: Lab, program: str, code: int, sentence: str) -> None:
        task = await lab.sleeper()
        with pytest.raises(StartFailed) as failure:
            await task.exec("e1", process(program), PIPES)
        assert sentence in failure.value.message
        assert failure.value.exit_code == code

    @pytest.mark.anyio
    async def test_exec_needs_a_running_container(self, lab: Lab) -> None:
        task = await lab.start("true")
        await exit_code(task)
        with pytest.raises(NotRunning):
            await task.exec("e1", process("true"), PIPES)

    @pytest.mark.anyio
    async def test_the_end_of_process_one_ends_all(self, lab: Lab) -> None:
        task = await lab.sleeper()
        further = await task.exec("e1", process("sleep", "1000"), PIPES)
        await task.signal(signal.SIGKILL)
        assert await exit_code(further) == 137
        further.close()
