"""Cases about what containers say, further processes in them, and their files."""

import io
import stat
import tarfile
from collections.abc import AsyncIterator

import anyio
import pytest

from sdk.drivers.logs import LogRequest, StdStream
from sdk.drivers.storage import Change, ChangeKind
from sdk.engine import Engine
from sdk.engine.config import ContainerConfig
from sdk.engine.containers import AttachRequest, ExecRequest
from sdk.errors import Conflict, InvalidArgument, NoSuchContainer, NoSuchExec, NotFound, NotRunning
from sdk.testing.contracts.engine.bench import DEADLINE, Client, create, printed, run


async def running(engine: Engine) -> str:
    """Return the ID of a container that runs."""
    made = await create(engine, "sleep", "600")
    await engine.containers.start(made)
    return made


@pytest.mark.anyio
class StreamCases:
    """See `sdk.engine.containers.ContainerStreams`, `Execs` and `ContainerFiles`."""

    async def test_what_it_printed_is_in_its_log(self, engine: Engine) -> None:
        made, _ = await run(engine, "echo", "one", "two")
        assert await printed(engine, made) == b"one two\n"
        session = await engine.streams.logs(made, LogRequest())
        records = [record async for batch in session.batches for record in batch]
        assert [(record.stream, record.line) for record in records] == [(StdStream.STDOUT, b"one two\n")]
        assert session.terminal is False

    async def test_a_log_is_read_from_a_moment_or_its_end_on(self, engine: Engine) -> None:
        made, _ = await run(engine, "echo", "one")
        session = await engine.streams.logs(made, LogRequest())
        (record,) = [record async for batch in session.batches for record in batch]
        assert await printed(engine, made, LogRequest(since_ns=record.time_ns + 1)) == b""
        assert await printed(engine, made, LogRequest(tail=1)) == b"one\n"
        assert await printed(engine, made, LogRequest(tail=0)) == b""
        assert await printed(engine, made, LogRequest(follow=True)) == b"one\n"

    async def test_an_attached_client_types_and_reads(self, engine: Engine) -> None:
        made = await create(
            engine, "cat", config=ContainerConfig(open_stdin=True, stdin_once=True, attach_stdin=True, attach_stdout=True)
        )
        session = await engine.streams.attach(made, AttachRequest(stdin=True, stdout=True, stderr=True, stream=True))
        client = Client(b"typed\n")
        with anyio.fail_after(DEADLINE):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(session.run, client)
                await engine.containers.start(made)
        assert client.output[0][0] is StdStream.STDOUT
        assert client.text == b"typed\n"
        assert session.terminal is False

    async def test_streams_of_what_is_not_there(self, engine: Engine) -> None:
        for call in (
            engine.streams.attach("nowhere", AttachRequest()),
            engine.streams.logs("nowhere", LogRequest()),
            engine.streams.stats("nowhere"),
            engine.streams.top("nowhere"),
            engine.streams.resize("nowhere", 24, 80),
            engine.files.stat("nowhere", "/"),
            engine.files.changes("nowhere"),
            engine.execs.create("nowhere", ExecRequest(("true",))),
        ):
            with pytest.raises(NoSuchContainer):
                await call

    async def test_what_does_not_run_has_no_processes(self, engine: Engine) -> None:
        made = await create(engine, "true")
        with pytest.raises(NotRunning):
            await engine.streams.top(made)
        with pytest.raises(NotRunning):
            await engine.execs.create(made, ExecRequest(("true",)))
        async for sample in await engine.streams.stats(made, stream=False, one_shot=True):
            assert (sample.id, sample.current) == (made, None)

    async def test_what_runs_has_processes_and_readings(self, engine: Engine) -> None:
        made = await running(engine)
        table = await engine.streams.top(made)
        assert len(table.rows) == 1
        assert len(table.titles) == len(table.rows[0])
        with anyio.fail_after(DEADLINE):
            samples = [sample async for sample in await engine.streams.stats(made, stream=False, one_shot=True)]
        assert len(samples) == 1
        assert samples[0].current is not None
        assert samples[0].previous is None

    async def test_all_that_runs_is_read_at_once(self, engine: Engine) -> None:
        first, second, idle = await running(engine), await running(engine), await create(engine, "true")
        readings = await engine.streams.stats_all()
        assert {first, second} <= readings.keys()
        assert idle not in readings
        assert min(readings[each].task.memory.usage for each in (first, second)) > 0
        assert min(readings[each].task.cpu.total for each in (first, second)) > 0
        await engine.containers.remove(first, force=True)
        readings = await engine.streams.stats_all()
        assert second in readings
        assert first not in readings

    async def test_a_paused_container_takes_no_client(self, engine: Engine) -> None:
        made = await running(engine)
        await engine.containers.pause(made)
        with pytest.raises(Conflict):
            await engine.streams.attach(made, AttachRequest(stream=True, stdout=True))
        await engine.containers.unpause(made)

    async def test_an_exec_runs_once_and_tells_its_exit_code(self, engine: Engine) -> None:
        made = await running(engine)
        execution = await engine.execs.create(made, ExecRequest(("echo", "one"), attach_stdout=True))
        before = await engine.execs.inspect(execution)
        assert (before.id, before.container_id, before.running, before.exit_code) == (execution, made, False, None)
        session = await engine.execs.start(execution)
        assert session is not None
        client = Client()
        with anyio.fail_after(DEADLINE):
            await session.run(client)
        assert client.output == [(StdStream.STDOUT, b"one\n")]
        assert (await engine.execs.inspect(execution)).exit_code == 0
        with pytest.raises(Conflict):
            await engine.execs.start(execution)

    async def test_an_exec_of_a_missing_program_says_so_in_its_stream(self, engine: Engine) -> None:
        execution = await engine.execs.create(await running(engine), ExecRequest(("no-such-program",), attach_stdout=True))
        session = await engine.execs.start(execution)
        assert session is not None
        client = Client()
        with anyio.fail_after(DEADLINE):
            await session.run(client)
        assert b"no-such-program" in client.text
        assert (await engine.execs.inspect(execution)).exit_code == 127

    async def test_execs_that_cannot_be(self, engine: Engine) -> None:
        made = await running(engine)
        with pytest.raises(InvalidArgument):
            await engine.execs.create(made, ExecRequest(()))
        for call in (engine.execs.inspect, engine.execs.start):
            with pytest.raises(NoSuchExec):
                await call("0" * 64)

    async def test_a_file_that_is_put_in_comes_out_again(self, engine: Engine) -> None:
        made = await create(engine, "true")
        await engine.files.write_archive(made, "/", _archive("note", b"its content"))
        found = await engine.files.stat(made, "/note")
        assert (found.name, found.size, stat.S_ISREG(found.mode)) == ("note", 11, True)
        described, content = await engine.files.read_archive(made, "/note")
        assert described == found
        packed = b"".join([chunk async for chunk in content])
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            member = archive.extractfile("note")
            assert member is not None
            assert member.read() == b"its content"
        assert Change("/note", ChangeKind.ADDED) in await engine.files.changes(made)

    async def test_a_file_that_is_not_there(self, engine: Engine) -> None:
        made = await create(engine, "true")
        with pytest.raises(NotFound):
            await engine.files.stat(made, "/no-such-file")
        with pytest.raises(NotFound):
            await engine.files.read_archive(made, "/no-such-file")


async def _archive(name: str, content: bytes) -> AsyncIterator[bytes]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    yield buffer.getvalue()
