"""Cases about the life of containers."""

import anyio
import pytest

from sdk.engine import Engine
from sdk.engine.config import ContainerConfig, HostConfig, UpdateRequest
from sdk.engine.containers import Changed, ContainerState, CreateRequest, ListRequest, WaitCondition
from sdk.errors import Conflict, NameInUse, NoSuchContainer, NoSuchImage, NotRunning, StartFailed
from sdk.testing.contracts.engine.bench import DEADLINE, create, run


@pytest.mark.anyio
class ContainerCases:
    """See `sdk.engine.containers.Containers`."""

    async def test_a_new_container_does_not_run(self, engine: Engine) -> None:
        made = await create(engine, "sleep", "600", name="box")
        info = await engine.containers.inspect(made)
        assert (info.id, info.name, info.state, info.pid, info.exit_code) == (made, "box", ContainerState.CREATED, 0, 0)
        assert (info.path, info.args, info.config.image) == ("sleep", ("600",), "busybox")
        assert [each.id for each in await engine.containers.list(ListRequest(all=True))] == [made]
        assert list(await engine.containers.list(ListRequest())) == []

    async def test_it_is_found_by_id_prefix_and_name(self, engine: Engine) -> None:
        made = await create(engine, "true", name="box")
        for ref in (made, made[:12], "box", "/box"):
            assert (await engine.containers.inspect(ref)).id == made

    async def test_what_is_not_there_is_said_by_every_verb(self, engine: Engine) -> None:
        verbs = engine.containers
        for call in (verbs.inspect, verbs.start, verbs.stop, verbs.kill, verbs.pause, verbs.unpause, verbs.remove, verbs.restart):
            with pytest.raises(NoSuchContainer):
                await call("nowhere")
        with pytest.raises(NoSuchContainer):
            await verbs.wait("nowhere", WaitCondition.NOT_RUNNING)
        with pytest.raises(NoSuchContainer):
            await verbs.rename("nowhere", "other")
        with pytest.raises(NoSuchContainer):
            await verbs.update("nowhere", UpdateRequest())

    async def test_a_name_is_used_once(self, engine: Engine) -> None:
        made = await create(engine, "true", name="box")
        other = await create(engine, "true", name="other")
        with pytest.raises(NameInUse):
            await create(engine, "true", name="box")
        with pytest.raises(NameInUse):
            await engine.containers.rename(other, "box")
        await engine.containers.rename(made, "renamed")
        assert (await engine.containers.inspect("renamed")).id == made
        with pytest.raises(NoSuchContainer):
            await engine.containers.inspect("box")

    async def test_an_image_that_is_not_here_makes_no_container(self, engine: Engine) -> None:
        with pytest.raises(NoSuchImage):
            await engine.containers.create(CreateRequest(ContainerConfig(image="nowhere", cmd=("true",)), HostConfig()))
        assert list(await engine.containers.list(ListRequest(all=True))) == []

    @pytest.mark.parametrize(("command", "code"), [("true", 0), ("false", 1)])
    async def test_an_end_is_told_with_its_exit_code(self, engine: Engine, command: str, code: int) -> None:
        made, exit_code = await run(engine, command)
        info = await engine.containers.inspect(made)
        assert (exit_code, info.exit_code, info.state, info.pid) == (code, code, ContainerState.EXITED, 0)
        assert 0 < info.started_ns <= info.finished_ns

    async def test_start_and_stop_say_whether_they_changed_anything(self, engine: Engine) -> None:
        made = await create(engine, "sleep", "600")
        assert await engine.containers.start(made) is Changed.YES
        assert await engine.containers.start(made) is Changed.NO
        info = await engine.containers.inspect(made)
        assert info.state is ContainerState.RUNNING
        assert info.pid > 0
        assert [each.id for each in await engine.containers.list(ListRequest())] == [made]
        assert await engine.containers.stop(made, timeout=0) is Changed.YES
        assert await engine.containers.stop(made, timeout=0) is Changed.NO
        assert (await engine.containers.inspect(made)).state is ContainerState.EXITED

    async def test_it_can_be_started_again(self, engine: Engine) -> None:
        made, _ = await run(engine, "true")
        assert await engine.containers.start(made) is Changed.YES

    async def test_restart_starts_what_does_not_run(self, engine: Engine) -> None:
        made = await create(engine, "sleep", "600")
        await engine.containers.restart(made, timeout=0)
        assert (await engine.containers.inspect(made)).state is ContainerState.RUNNING

    async def test_a_program_that_is_not_there_fails_the_start(self, engine: Engine) -> None:
        made = await create(engine, "no-such-program")
        with pytest.raises(StartFailed) as caught:
            await engine.containers.start(made)
        info = await engine.containers.inspect(made)
        assert (caught.value.exit_code, info.exit_code, info.state, info.pid) == (127, 127, ContainerState.CREATED, 0)

    async def test_kill_is_for_what_runs(self, engine: Engine) -> None:
        made = await create(engine, "sleep", "600")
        with pytest.raises(NotRunning):
            await engine.containers.kill(made)
        await engine.containers.start(made)
        waiter = await engine.containers.wait(made, WaitCondition.NOT_RUNNING)
        await engine.containers.kill(made)
        with anyio.fail_after(DEADLINE):
            assert (await waiter.result()).exit_code == 137

    async def test_pause_and_unpause_go_in_turn(self, engine: Engine) -> None:
        made = await create(engine, "sleep", "600")
        for call in (engine.containers.pause, engine.containers.unpause):
            with pytest.raises(Conflict):
                await call(made)
        await engine.containers.start(made)
        await engine.containers.pause(made)
        assert (await engine.containers.inspect(made)).state is ContainerState.PAUSED
        with pytest.raises(Conflict):
            await engine.containers.pause(made)
        await engine.containers.unpause(made)
        assert (await engine.containers.inspect(made)).state is ContainerState.RUNNING
        with pytest.raises(Conflict):
            await engine.containers.unpause(made)

    async def test_what_runs_is_removed_by_force_alone(self, engine: Engine) -> None:
        made = await create(engine, "sleep", "600")
        await engine.containers.start(made)
        with pytest.raises(Conflict):
            await engine.containers.remove(made)
        removed = await engine.containers.wait(made, WaitCondition.REMOVED)
        await engine.containers.remove(made, force=True)
        with anyio.fail_after(DEADLINE):
            await removed.result()
        with pytest.raises(NoSuchContainer):
            await engine.containers.inspect(made)

    async def test_one_that_removes_itself_is_gone_after_its_end(self, engine: Engine) -> None:
        made = await create(engine, "true", host=HostConfig(auto_remove=True))
        removed = await engine.containers.wait(made, WaitCondition.REMOVED)
        await engine.containers.start(made)
        with anyio.fail_after(DEADLINE):
            assert (await removed.result()).exit_code == 0
        with pytest.raises(NoSuchContainer):
            await engine.containers.inspect(made)

    async def test_one_that_removes_itself_is_gone_when_it_cannot_start(self, engine: Engine) -> None:
        made = await create(engine, "no-such-program", host=HostConfig(auto_remove=True))
        removed = await engine.containers.wait(made, WaitCondition.REMOVED)
        with pytest.raises(StartFailed):
            await engine.containers.start(made)
        with anyio.fail_after(DEADLINE):
            assert (await removed.result()).exit_code == 127
        with pytest.raises(NoSuchContainer):
            await engine.containers.inspect(made)

    async def test_a_wait_for_what_has_ended_returns_at_once(self, engine: Engine) -> None:
        made, _ = await run(engine, "false")
        waiter = await engine.containers.wait(made, WaitCondition.NOT_RUNNING)
        with anyio.fail_after(DEADLINE):
            assert (await waiter.result()).exit_code == 1

    async def test_they_are_listed_newest_first_and_by_label(self, engine: Engine) -> None:
        one = await create(engine, "true", config=ContainerConfig(labels={"kind": "a", "x": ""}))
        two = await create(engine, "true", config=ContainerConfig(labels={"kind": "b"}))
        listed = [each.id for each in await engine.containers.list(ListRequest(all=True))]
        assert listed == [two, one]
        for label, expected in (("kind", [two, one]), ("kind=a", [one]), ("kind=c", []), ("x", [one])):
            found = await engine.containers.list(ListRequest(all=True, filters={"label": (label,)}))
            assert [each.id for each in found] == expected

    async def test_prune_removes_what_does_not_run(self, engine: Engine) -> None:
        runs, ended = await create(engine, "sleep", "600"), await create(engine, "true")
        await engine.containers.start(runs)
        assert (await engine.containers.prune({})).deleted == (ended,)
        assert [each.id for each in await engine.containers.list(ListRequest(all=True))] == [runs]
