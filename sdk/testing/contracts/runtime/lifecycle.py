"""How a container starts and ends."""

import signal
import time

import anyio
import pytest
from msgspec.structs import replace

from sdk.errors import StartFailed
from sdk.oci import runtime as oci
from sdk.testing.bundles import container_spec, process
from sdk.testing.contracts.runtime.lab import PIPES, Lab
from sdk.testing.runtimes import exit_code, read_until


class LifecycleCases:
    """How a container starts and ends."""

    @pytest.mark.anyio
    async def test_the_exit_code_is_the_process(self, lab: Lab) -> None:
        assert await lab.run("sh", "-c", "exit 7") == (7, b"", b"")
        assert await lab.run("true") == (0, b"", b"")

    @pytest.mark.anyio
    async def test_death_by_a_signal_is_128_and_its_number(self, lab: Lab) -> None:
        task = await lab.sleeper()
        await task.signal(signal.SIGKILL)
        assert await exit_code(task) == 137

    @pytest.mark.anyio
    async def test_a_signal_can_be_handled(self, lab: Lab) -> None:
        task = await lab.start("sh", "-c", "trap 'exit 5' TERM; echo up; while :; do sleep 0.05; done")
        assert task.stdout is not None
        await read_until(task.stdout, b"up")
        await task.signal(signal.SIGTERM)
        assert await exit_code(task) == 5

    @pytest.mark.anyio
    async def test_signals_after_the_end_do_nothing(self, lab: Lab) -> None:
        task = await lab.start("true")
        await exit_code(task)
        await task.signal(signal.SIGKILL)

    @pytest.mark.anyio
    async def test_the_time_of_the_end_is_wall_clock(self, lab: Lab) -> None:
        before = time.time_ns()
        task = await lab.start("true")
        status = await task.wait()
        assert before <= status.at_ns <= time.time_ns()
        assert not status.oom_killed

    @pytest.mark.anyio
    async def test_many_may_wait_and_again(self, lab: Lab) -> None:
        task = await lab.start("sh", "-c", "sleep 0.1; exit 3")
        codes: list[int] = []

        async def waiting() -> None:
            codes.append(await exit_code(task))

        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(waiting)
        assert codes == [3, 3, 3]
        assert await exit_code(task) == 3

    @pytest.mark.anyio
    async def test_an_id_can_be_used_again_after_delete(self, lab: Lab) -> None:
        bundle = lab.bundles.bundle(container_spec(process("sh", "-c", "exit $(cat /n || echo 0; echo 4 > /n)")))
        for code in (0, 4):
            task = await lab.runtime.start(bundle, PIPES)
            assert await exit_code(task) == code
            await task.delete()

    @pytest.mark.anyio
    async def test_many_start_at_once(self, lab: Lab) -> None:
        codes: list[int] = []

        async def one(number: int) -> None:
            code, _, _ = await lab.run("sh", "-c", f"exit {number}")
            codes.append(code)

        async with anyio.create_task_group() as group:
            for number in range(8):
                group.start_soon(one, number)
        assert sorted(codes) == list(range(8))

    @pytest.mark.anyio
    @pytest.mark.parametrize(
        ("program", "code", "sentence"),
        [
            ("nosuch", 127, 'exec: "nosuch": executable file not found in $PATH'),
            ("/bin/nosuch", 127, 'exec: "/bin/nosuch": stat /bin/nosuch: no such file or directory'),
            ("/etc/plain", 126, 'exec: "/etc/plain": permission denied'),
            ("/etc", 126, 'exec: "/etc": '),  # "is a directory", or, by older programs, "permission denied"
        ],
    )
    async def test_what_cannot_be_executed_says_why(self, lab: Lab, program: str, code: int, sentence: str) -> None:
        bundle = lab.bundle(program)
        with pytest.raises(StartFailed) as failure:
            await lab.runtime.start(bundle, PIPES)
        assert sentence in failure.value.message
        assert failure.value.exit_code == code
        assert await lab.runtime.audit() == []
        assert await lab.runtime.adopt(bundle.id, bundle.path) is None

    @pytest.mark.anyio
    async def test_a_mount_that_cannot_be_made_fails_the_start(self, lab: Lab) -> None:
        spec = container_spec(process("true"))
        missing = replace(spec, mounts=(*spec.mounts, oci.Mount("/data", "bind", "/no/such/source", ("rbind",))))
        with pytest.raises(StartFailed):
            await lab.start_spec(missing)
        assert await lab.runtime.audit() == []
