"""What is left when the daemon is killed."""

import anyio
import pytest

from sdk.drivers.runtime import Bundle
from sdk.testing.bundles import container_spec, process
from sdk.testing.contracts.runtime.lab import INTERACTIVE, PIPES, TERMINAL, Lab, kill
from sdk.testing.runtimes import exit_code, open_runtime, read_all, read_until, write_stdin


async def begun(bundle: Bundle) -> None:
    """Return when the runtime has begun to make the container: there is a first file."""
    while not any(bundle.path.iterdir()):  # noqa: ASYNC110 - another process makes it
        await anyio.sleep(0.001)


class SurvivalCases:
    """What is left when the daemon is killed."""

    @pytest.mark.anyio
    async def test_output_and_exit_code_survive_the_daemon(self, lab: Lab) -> None:
        script = "i=0; while [ $i -lt 40 ]; do echo $i; i=$((i+1)); sleep 0.02; done; echo err >&2; exit 7"
        task = await lab.survivor(lab.bundle("sh", "-c", script))
        assert await read_all(task.stdout) == b"".join(b"%d\n" % number for number in range(40))
        assert await read_all(task.stderr) == b"err\n"
        assert await exit_code(task) == 7

    @pytest.mark.anyio
    async def test_an_end_without_a_daemon_is_known_to_the_next(self, lab: Lab) -> None:
        bundle = lab.bundle("sh", "-c", "sleep 0.3; echo last words; exit 11")
        await lab.orphan(bundle)
        await anyio.sleep(0.6)
        task = await lab.runtime.adopt(bundle.id, bundle.path)
        assert task is not None
        assert await read_all(task.stdout) == b"last words\n"
        assert await exit_code(task) == 11

    @pytest.mark.anyio
    async def test_everything_works_on_an_adopted_container(self, lab: Lab) -> None:
        bundle = lab.bundle("sh", "-c", "cat; exit 3")
        task = await lab.survivor(bundle, INTERACTIVE)
        assert task.stdout is not None
        await write_stdin(task, b"still here\n")
        assert await read_until(task.stdout, b"still here\n") == b"still here\n"
        further = await task.exec("e1", process("sh", "-c", "exit 6"), PIPES)
        assert await exit_code(further) == 6
        further.close()
        assert task.pid in await task.pids()
        assert (await task.stats()).pids >= 1
        await task.pause()
        await task.resume()
        task.close_stdin()
        assert await exit_code(task) == 3
        await task.delete()

    @pytest.mark.anyio
    async def test_a_terminal_survives_the_daemon(self, lab: Lab) -> None:
        spec = container_spec(process("sh", "-c", "stty -echo; read x; stty size; echo got $x; exit 2", terminal=True))
        task = await lab.survivor(lab.bundles.bundle(spec), TERMINAL)
        assert task.stdout is not None
        await task.resize(11, 22)
        await write_stdin(task, b"typed\n")
        assert b"11 22\r\ngot typed" in await read_until(task.stdout, b"got typed")
        assert await exit_code(task) == 2

    @pytest.mark.anyio
    async def test_a_fresh_runtime_adopts_from_a_stopped_one(self, lab: Lab) -> None:
        async with open_runtime(lab.plugin, lab.settings, lab.root) as earlier:
            bundle = lab.bundle("sh", "-c", "sleep 0.2; echo later; exit 8")
            (await earlier.start(bundle, PIPES)).close()
        task = await lab.runtime.adopt(bundle.id, bundle.path)
        assert task is not None
        assert await read_all(task.stdout) == b"later\n"
        assert await exit_code(task) == 8

    @pytest.mark.anyio
    async def test_a_start_cut_short_is_adopted_or_leaves_nothing(self, lab: Lab) -> None:
        for delay in (0.0, 0.01, 0.02, 0.04, 0.08):
            bundle = lab.bundle("sleep", "1000")
            daemon = lab.doomed(bundle, PIPES)
            with anyio.move_on_after(5):
                await begun(bundle)
            await anyio.sleep(delay)
            kill(daemon)
            await anyio.sleep(0.1)  # no daemon is up again sooner; what was being forked has begun by then
            task = await lab.runtime.adopt(bundle.id, bundle.path)
            if task is not None:
                assert task.pid in await task.pids()
                await task.delete()
            await lab.runtime.discard(bundle.id, bundle.path)
            assert await lab.runtime.audit() == []

    @pytest.mark.anyio
    async def test_what_never_was_cannot_be_adopted(self, lab: Lab) -> None:
        assert await lab.runtime.adopt("never", lab.root) is None
        await lab.runtime.discard("never", lab.root)
