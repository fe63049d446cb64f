"""The contract every runtime keeps.

Subclass `RuntimeContract` in a test module, name the plugin's module, and mark it privileged; it runs containers of busybox in a
directory of its own on tmpfs:

class TestMyRuntime(RuntimeContract):
    plugin = "my_runtime.plugin"
"""

import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import anyio
import msgspec
import pytest
from msgspec.structs import replace

from sdk.drivers.runtime import Bundle, ProcessIO, Runtime, Task
from sdk.errors import Conflict, NotRunning, StartFailed
from sdk.oci import runtime as oci
from sdk.testing.bundles import BundleFactory, busybox_root, container_spec, process, static_busybox, with_linux
from sdk.testing.runtimes import exit_code, open_runtime, read_all, read_until, write_stdin
from sdk.testing.sacrifice import Order

INTERACTIVE = ProcessIO(stdin=True)
TERMINAL = ProcessIO(terminal=True, stdin=True, rows=24, columns=80)
MB = 1 << 20
COUNTER = 'i=0; while [ $i -lt 500 ]; do echo "line $i"; i=$((i+1)); sleep 0.02; done'

_numbers = itertools.count()


class RuntimeContract:
    """Cases read as the specification of `sdk.drivers.runtime`."""

    plugin: ClassVar[str]
    settings: ClassVar[Mapping[str, str]] = {}

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    def root(self) -> Iterator[Path]:
        """A directory on tmpfs; afterwards nothing may be mounted there or work there any more."""
        directory = Path(tempfile.mkdtemp(prefix=f"contract{os.getpid() % 1000}-", dir="/dev/shm"))
        try:
            yield directory
            assert [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(directory) in line] == []
            assert _processes_of(directory) == []
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    @pytest.fixture
    def bundles(self, root: Path) -> BundleFactory:
        busybox = static_busybox()
        if busybox is None:
            pytest.skip("needs a static busybox (Debian: busybox-static)")
        lower = busybox_root(root / "lower", busybox)
        (lower / "bin/broken").write_bytes(b"\x7fELF and nothing more")
        (lower / "bin/broken").chmod(0o755)
        return BundleFactory(root, lower, prefix=f"c{os.getpid()}x{next(_numbers)}x")

    @pytest.fixture
    async def runtime(self, root: Path, bundles: BundleFactory) -> AsyncIterator[Runtime]:
        """The runtime, opened; afterwards it must have nothing left."""
        async with open_runtime(self.plugin, self.settings, root) as runtime:
            try:
                yield runtime
            finally:
                for container_id, path in bundles.made.items():
                    await runtime.discard(container_id, path)
            assert await runtime.audit() == []

    async def _start(
        self, runtime: Runtime, bundles: BundleFactory, *args: str, io: ProcessIO | None = None, limits: oci.Resources | None = None
    ) -> Task:
        io = io or ProcessIO()
        return await runtime.start(bundles.bundle(container_spec(process(*args, terminal=io.terminal), limits)), io)

    async def _run(self, runtime: Runtime, bundles: BundleFactory, *args: str) -> tuple[int, bytes, bytes]:
        task = await self._start(runtime, bundles, *args)
        out, err, code = await read_all(task.stdout), await read_all(task.stderr), await exit_code(task)
        await task.delete()
        return code, out, err

    async def _sleeper(self, runtime: Runtime, bundles: BundleFactory, limits: oci.Resources | None = None) -> Task:
        return await self._start(runtime, bundles, "sleep", "1000", limits=limits)

    # -----------------------------------------------------------------------------------------------------------------
    # Start and end
    # -----------------------------------------------------------------------------------------------------------------

    @pytest.mark.anyio
    async def test_the_exit_code_is_the_process(self, runtime: Runtime, bundles: BundleFactory) -> None:
        assert await self._run(runtime, bundles, "sh", "-c", "exit 7") == (7, b"", b"")
        assert await self._run(runtime, bundles, "true") == (0, b"", b"")

    @pytest.mark.anyio
    async def test_death_by_a_signal_is_128_and_its_number(self, runtime: Runtime, bundles: BundleFactory) -> None:
        task = await self._sleeper(runtime, bundles)
        await task.signal(signal.SIGKILL)
        assert await exit_code(task) == 137

    @pytest.mark.anyio
    async def test_a_signal_can_be_handled(self, runtime: Runtime, bundles: BundleFactory) -> None:
        task = await self._start(runtime, bundles, "sh", "-c", "trap 'exit 5' TERM; echo up; while :; do sleep 0.05; done")
        assert task.stdout is not None
        await read_until(task.stdout, b"up")
        await task.signal(signal.SIGTERM)
        assert await exit_code(task) == 5

    @pytest.mark.anyio
    async def test_signals_after_the_end_do_nothing(self, runtime: Runtime, bundles: BundleFactory) -> None:
        task = await self._start(runtime, bundles, "true")
        await exit_code(task)
        await task.signal(signal.SIGKILL)

    @pytest.mark.anyio
    async def test_the_time_of_the_end_is_wall_clock(self, runtime: Runtime, bundles: BundleFactory) -> None:
        before = time.time_ns()
        task = await self._start(runtime, bundles, "true")
        status = await task.wait()
        assert before <= status.at_ns <= time.time_ns()
        assert not status.oom_killed

    @pytest.mark.anyio
    async def test_many_may_wait_and_again(self, runtime: Runtime, bundles: BundleFactory) -> None:
        task = await self._start(runtime, bundles, "sh", "-c", "sleep 0.1; exit 3")
        codes: list[int] = []

        async def waiting() -> None:
            codes.append(await exit_code(task))

        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(waiting)
        assert codes == [3, 3, 3]
        assert await exit_code(task) == 3

    @pytest.mark.anyio
    async def test_an_id_can_be_used_again_after_delete(self, runtime: Runtime, bundles: BundleFactory) -> None:
        bundle = bundles.bundle(container_spec(process("sh", "-c", "exit $(cat /n || echo 0; echo 4 > /n)")))
        for code in (0, 4):
            task = await runtime.start(bundle, ProcessIO())
            assert await exit_code(task) == code
            await task.delete()

    @pytest.mark.anyio
    async def test_many_start_at_once(self, runtime: Runtime, bundles: BundleFactory) -> None:
        codes: list[int] = []

        async def one(number: int) -> None:
            code, _, _ = await self._run(runtime, bundles, "sh", "-c", f"exit {number}")
            codes.append(code)

        async with anyio.create_task_group() as group:
            for number in range(8):
                group.start_soon(one, number)
        assert sorted(codes) == list(range(8))

    # -----------------------------------------------------------------------------------------------------------------
    # What cannot be started
    # -----------------------------------------------------------------------------------------------------------------

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
    async def test_what_cannot_be_executed_says_why(
        self, runtime: Runtime, bundles: BundleFactory, program: str, code: int, sentence: str
    ) -> None:
        bundle = bundles.bundle(container_spec(process(program)))
        with pytest.raises(StartFailed) as failure:
            await runtime.start(bundle, ProcessIO())
        assert sentence in failure.value.message
        assert failure.value.exit_code == code
        assert await runtime.audit() == []
        assert await runtime.adopt(bundle.id, bundle.path) is None

    @pytest.mark.anyio
    async def test_a_mount_that_cannot_be_made_fails_the_start(self, runtime: Runtime, bundles: BundleFactory) -> None:
        spec = container_spec(process("true"))
        missing = replace(spec, mounts=(*spec.mounts, oci.Mount("/data", "bind", "/no/such/source", ("rbind",))))
        with pytest.raises(StartFailed):
            await runtime.start(bundles.bundle(missing), ProcessIO())
        assert await runtime.audit() == []

    # -----------------------------------------------------------------------------------------------------------------
    # Streams
    # -----------------------------------------------------------------------------------------------------------------

    @pytest.mark.anyio
    async def test_output_and_errors_are_two_streams(self, runtime: Runtime, bundles: BundleFactory) -> None:
        assert await self._run(runtime, bundles, "sh", "-c", "echo out; echo err >&2") == (0, b"out\n", b"err\n")

    @pytest.mark.anyio
    async def test_much_output_arrives_whole(self, runtime: Runtime, bundles: BundleFactory) -> None:
        code, out, _ = await self._run(runtime, bundles, "sh", "-c", "seq 1 200000")
        assert code == 0
        assert out == b"".join(b"%d\n" % number for number in range(1, 200001))

    @pytest.mark.anyio
    async def test_without_stdin_reading_ends_at_once(self, runtime: Runtime, bundles: BundleFactory) -> None:
        task = await self._start(runtime, bundles, "cat")
        assert task.open_stdin() is None
        assert await exit_code(task) == 0

    @pytest.mark.anyio
    async def test_stdin_stays_open_until_it_is_closed(self, runtime: Runtime, bundles: BundleFactory) -> None:
        task = await self._start(runtime, bundles, "sh", "-c", "cat; echo end", io=INTERACTIVE)
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
    async def test_output_is_readable_after_the_end(self, runtime: Runtime, bundles: BundleFactory) -> None:
        task = await self._start(runtime, bundles, "sh", "-c", "echo kept; exit 2")
        assert await exit_code(task) == 2
        assert await read_all(task.stdout) == b"kept\n"

    @pytest.mark.anyio
    async def test_a_terminal_is_one(self, runtime: Runtime, bundles: BundleFactory) -> None:
        task = await self._start(runtime, bundles, "sh", "-c", "tty; stty size; test -t 0 && test -t 2 && echo ok", io=TERMINAL)
        assert task.stderr is None
        lines = (await read_all(task.stdout)).split(b"\r\n")
        assert lines[0].startswith(b"/dev/")
        assert lines[1:3] == [b"24 80", b"ok"]
        assert await exit_code(task) == 0

    @pytest.mark.anyio
    async def test_a_terminal_takes_input_and_a_new_size(self, runtime: Runtime, bundles: BundleFactory) -> None:
        task = await self._start(runtime, bundles, "sh", "-c", "stty -echo; echo up; while read x; do stty size; done", io=TERMINAL)
        assert task.stdout is not None
        await read_until(task.stdout, b"up")
        await task.resize(50, 132)
        await write_stdin(task, b"\n")
        assert b"50 132" in await read_until(task.stdout, b"50 132")
        await write_stdin(task, b"\x04")
        assert await exit_code(task) == 0

    @pytest.mark.anyio
    async def test_resizing_what_has_no_terminal_is_refused(self, runtime: Runtime, bundles: BundleFactory) -> None:
        task = await self._sleeper(runtime, bundles)
        with pytest.raises(Conflict):
            await task.resize(1, 1)

    # -----------------------------------------------------------------------------------------------------------------
    # What the specification says is so
    # -----------------------------------------------------------------------------------------------------------------

    @pytest.mark.anyio
    async def test_it_is_process_one_with_its_own_name_and_network(self, runtime: Runtime, bundles: BundleFactory) -> None:
        _, out, _ = await self._run(
            runtime, bundles, "sh", "-c", "echo $$; hostname; ls /sys/class/net; ls -d /proc/[0-9]* | wc -l"
        )
        assert out.split()[:3] == [b"1", b"contract", b"lo"]
        assert int(out.split()[-1]) <= 4

    @pytest.mark.anyio
    async def test_user_groups_environment_and_directory(self, runtime: Runtime, bundles: BundleFactory) -> None:
        user = oci.User(uid=1000, gid=1001, additional_gids=(1001, 5))
        first = replace(
            process("sh", "-c", "id -u; id -g; id -G; echo $GREETING; pwd", user=user, env=("GREETING=hi you",)), cwd="/tmp"
        )
        task = await runtime.start(bundles.bundle(container_spec(first)), ProcessIO())
        assert (await read_all(task.stdout)).split(b"\n") == [b"1000", b"1001", b"1001 5", b"hi you", b"/tmp", b""]

    @pytest.mark.anyio
    async def test_capabilities_seccomp_and_privileges(self, runtime: Runtime, bundles: BundleFactory) -> None:
        refusing = oci.Seccomp(
            default_action="SCMP_ACT_ALLOW",
            syscalls=(oci.SeccompRule(("mkdir", "mkdirat"), "SCMP_ACT_ERRNO", errno_ret=13),),
        )
        held = oci.Capabilities(bounding=("CAP_CHOWN",), effective=("CAP_CHOWN",), permitted=("CAP_CHOWN",))
        first = replace(
            process("sh", "-c", "grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status; mkdir /tmp/x"),
            capabilities=held,
            no_new_privileges=True,
        )
        task = await runtime.start(bundles.bundle(with_linux(container_spec(first), seccomp=refusing)), ProcessIO())
        seen = dict(line.split(b":\t") for line in (await read_all(task.stdout)).splitlines())
        assert seen[b"CapEff"] == seen[b"CapBnd"] == b"0000000000000001"
        assert (seen[b"NoNewPrivs"], seen[b"Seccomp"]) == (b"1", b"2")
        assert b"Permission denied" in await read_all(task.stderr)
        assert await exit_code(task) == 1

    @pytest.mark.anyio
    async def test_limits_sysctls_and_masks(self, runtime: Runtime, bundles: BundleFactory) -> None:
        first = replace(
            process(
                "sh",
                "-c",
                "ulimit -n; cat /proc/sys/net/ipv4/ip_default_ttl /proc/kcore; ls /sys/firmware; echo 1 > /proc/sys/kernel/panic",
            ),
            rlimits=(oci.Rlimit("RLIMIT_NOFILE", hard=100, soft=50),),
        )
        spec = with_linux(container_spec(first), sysctl={"net.ipv4.ip_default_ttl": "33"})
        task = await runtime.start(bundles.bundle(spec), ProcessIO())
        assert await read_all(task.stdout) == b"50\n33\n"
        assert b"Read-only file system" in await read_all(task.stderr)

    @pytest.mark.anyio
    async def test_mounts_and_a_read_only_root(self, runtime: Runtime, bundles: BundleFactory, root: Path) -> None:
        (root / "shared").mkdir()
        (root / "shared/hello").write_text("hello\n")
        spec = container_spec(process("sh", "-c", "cat /data/hello; echo x > /data/new; echo y > /etc/new; echo z > /ro/new"))
        spec = replace(
            spec,
            root=oci.Root("rootfs", readonly=True),
            mounts=(
                *spec.mounts,
                oci.Mount("/data", "bind", str(root / "shared"), ("rbind", "rprivate")),
                oci.Mount("/ro", "bind", str(root / "shared"), ("bind", "ro")),
            ),
        )
        bundle = bundles.bundle(spec)
        task = await runtime.start(bundle, ProcessIO())
        assert await read_all(task.stdout) == b"hello\n"
        assert (await read_all(task.stderr)).count(b"Read-only file system") == 2
        await exit_code(task)
        assert (root / "shared/new").read_text() == "x\n"

    @pytest.mark.anyio
    async def test_devices_are_as_the_rules_say(self, runtime: Runtime, bundles: BundleFactory) -> None:
        command = "echo x > /dev/null; head -c 3 /dev/zero | wc -c; mknod /tmp/mem c 1 1 && cat /tmp/mem"
        code, out, err = await self._run(runtime, bundles, "sh", "-c", command)
        assert (code, out) == (1, b"3\n")
        assert b"Operation not permitted" in err

    @pytest.mark.anyio
    async def test_the_root_is_written_to_the_layer_and_nothing_stays_mounted(
        self, runtime: Runtime, bundles: BundleFactory
    ) -> None:
        bundle = bundles.bundle(container_spec(process("sh", "-c", "echo kept > /data/file; sleep 1000")))
        task = await runtime.start(bundle, ProcessIO())
        with anyio.fail_after(5):
            while not (bundles.upper(bundle.id) / "data/file").exists():  # noqa: ASYNC110
                await anyio.sleep(0.01)
        assert str(bundle.path) not in Path("/proc/self/mountinfo").read_text()
        await task.delete()
        assert (bundles.upper(bundle.id) / "data/file").read_text() == "kept\n"

    @pytest.mark.anyio
    async def test_namespaces_of_another_are_joined_by_path(self, runtime: Runtime, bundles: BundleFactory) -> None:
        first = await self._sleeper(runtime, bundles)
        joined = tuple(
            oci.Namespace(kind, f"/proc/{first.pid}/ns/{kind if kind != 'network' else 'net'}") for kind in ("network", "pid")
        )
        own = tuple(oci.Namespace(kind) for kind in ("mount", "uts", "ipc"))
        spec = container_spec(process("sh", "-c", "readlink /proc/self/ns/net; cat /proc/1/cmdline"))
        second = await runtime.start(bundles.bundle(with_linux(spec, namespaces=(*own, *joined))), ProcessIO())
        out, code = await read_all(second.stdout), await exit_code(second)
        assert code == 0
        assert out == os.readlink(f"/proc/{first.pid}/ns/net").encode() + b"\nsleep\0001000\0"

    # -----------------------------------------------------------------------------------------------------------------
    # Further processes
    # -----------------------------------------------------------------------------------------------------------------

    @pytest.mark.anyio
    async def test_exec_runs_in_the_container_with_streams_and_code_of_its_own(
        self, runtime: Runtime, bundles: BundleFactory
    ) -> None:
        task = await self._sleeper(runtime, bundles)
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
    async def test_exec_with_a_terminal(self, runtime: Runtime, bundles: BundleFactory) -> None:
        task = await self._sleeper(runtime, bundles)
        further = await task.exec("e1", process("sh", "-c", "stty size; read x; stty size; exit 4", terminal=True), TERMINAL)
        assert further.stdout is not None
        await read_until(further.stdout, b"24 80")
        await further.resize(10, 20)
        await write_stdin(further, b"\n")
        await read_until(further.stdout, b"10 20")
        assert await exit_code(further) == 4
        further.close()

    @pytest.mark.anyio
    async def test_exec_can_be_signalled(self, runtime: Runtime, bundles: BundleFactory) -> None:
        task = await self._sleeper(runtime, bundles)
        further = await task.exec("e1", process("sleep", "1000"), ProcessIO())
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
    async def test_exec_of_what_cannot_be_executed(
        self, runtime: Runtime, bundles: BundleFactory, program: str, code: int, sentence: str
    ) -> None:
        task = await self._sleeper(runtime, bundles)
        with pytest.raises(StartFailed) as failure:
            await task.exec("e1", process(program), ProcessIO())
        assert sentence in failure.value.message
        assert failure.value.exit_code == code

    @pytest.mark.anyio
    async def test_exec_needs_a_running_container(self, runtime: Runtime, bundles: BundleFactory) -> None:
        task = await self._start(runtime, bundles, "true")
        await exit_code(task)
        with pytest.raises(NotRunning):
            await task.exec("e1", process("true"), ProcessIO())

    @pytest.mark.anyio
    async def test_the_end_of_process_one_ends_all(self, runtime: Runtime, bundles: BundleFactory) -> None:
        task = await self._sleeper(runtime, bundles)
        further = await task.exec("e1", process("sleep", "1000"), ProcessIO())
        await task.signal(signal.SIGKILL)
        assert await exit_code(further) == 137
        further.close()

    # -----------------------------------------------------------------------------------------------------------------
    # Freeze, limit, count
    # -----------------------------------------------------------------------------------------------------------------

    @pytest.mark.anyio
    async def test_pause_freezes_and_resume_thaws(self, runtime: Runtime, bundles: BundleFactory) -> None:
        task = await self._start(runtime, bundles, "sh", "-c", COUNTER)
        assert task.stdout is not None
        await read_until(task.stdout, b"line 1\n")
        await task.pause()
        await task.pause()
        await anyio.sleep(0.05)
        while select_read(task.stdout):
            pass
        await anyio.sleep(0.2)
        assert select_read(task.stdout) == b""
        await task.resume()
        await task.resume()
        assert b"line" in await read_until(task.stdout, b"line")

    @pytest.mark.anyio
    async def test_a_paused_container_can_be_deleted(self, runtime: Runtime, bundles: BundleFactory) -> None:
        task = await self._sleeper(runtime, bundles)
        await task.pause()
        await task.delete()
        assert await exit_code(task) == 137

    @pytest.mark.anyio
    async def test_limits_hold_from_the_start_and_can_be_changed(self, runtime: Runtime, bundles: BundleFactory) -> None:
        limits = oci.Resources(memory=oci.MemoryLimits(limit=64 * MB, swap=64 * MB), pids=oci.PidsLimit(20))
        task = await self._sleeper(runtime, bundles, limits)
        stats = await task.stats()
        assert (stats.memory.limit, stats.pids_limit) == (64 * MB, 20)
        await task.update(oci.Resources(memory=oci.MemoryLimits(limit=128 * MB, swap=128 * MB), pids=oci.PidsLimit(30)))
        stats = await task.stats()
        assert (stats.memory.limit, stats.pids_limit) == (128 * MB, 30)

    @pytest.mark.anyio
    async def test_running_out_of_memory_is_told(self, runtime: Runtime, bundles: BundleFactory) -> None:
        limits = oci.Resources(memory=oci.MemoryLimits(limit=16 * MB, swap=16 * MB))
        task = await self._start(runtime, bundles, "sh", "-c", "exec tail /dev/zero", limits=limits)
        with anyio.fail_after(30):
            status = await task.wait()
        assert status.code == 137
        assert status.oom_killed

    @pytest.mark.anyio
    async def test_stats_count(self, runtime: Runtime, bundles: BundleFactory) -> None:
        task = await self._start(
            runtime, bundles, "sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo done; sleep 1000"
        )
        assert task.stdout is not None
        await read_until(task.stdout, b"done")
        stats = await task.stats()
        assert stats.cgroup_version in (1, 2)
        assert stats.cpu.total > 1_000_000
        assert stats.memory.usage > 0
        assert stats.memory.detail
        assert stats.pids >= 1

    @pytest.mark.anyio
    async def test_pids_are_those_of_the_host(self, runtime: Runtime, bundles: BundleFactory) -> None:
        task = await self._start(runtime, bundles, "sh", "-c", "sleep 1000 & echo up; wait")
        assert task.stdout is not None
        await read_until(task.stdout, b"up")
        pids = await task.pids()
        assert task.pid in pids
        assert len(pids) == 2
        assert all(os.path.exists(f"/proc/{pid}") for pid in pids)

    # -----------------------------------------------------------------------------------------------------------------
    # Without the daemon
    # -----------------------------------------------------------------------------------------------------------------

    def _doomed(self, root: Path, bundle: Bundle, io: ProcessIO) -> "subprocess.Popen[bytes]":
        """Start a container from a daemon of its own that is about to be killed."""
        order = Order(
            self.plugin, dict(self.settings), str(root), bundle.id, str(bundle.path), bundle.spec, tuple(bundle.rootfs), io
        )
        daemon = subprocess.Popen(
            [sys.executable, "-m", "sdk.testing.sacrifice"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_source_root()
        )
        assert daemon.stdin
        daemon.stdin.write(msgspec.json.encode(order))
        daemon.stdin.close()
        return daemon

    async def _survivor(self, runtime: Runtime, root: Path, bundle: Bundle, io: ProcessIO) -> Task:
        """Start a container from another daemon, kill that, and adopt the container."""
        daemon = self._doomed(root, bundle, io)
        assert daemon.stdout
        assert await anyio.to_thread.run_sync(daemon.stdout.readline) == b"started\n"
        _kill(daemon)
        task = await runtime.adopt(bundle.id, bundle.path)
        assert task is not None
        return task

    @pytest.mark.anyio
    async def test_output_and_exit_code_survive_the_daemon(self, runtime: Runtime, bundles: BundleFactory, root: Path) -> None:
        script = "i=0; while [ $i -lt 40 ]; do echo $i; i=$((i+1)); sleep 0.02; done; echo err >&2; exit 7"
        task = await self._survivor(runtime, root, bundles.bundle(container_spec(process("sh", "-c", script))), ProcessIO())
        assert await read_all(task.stdout) == b"".join(b"%d\n" % number for number in range(40))
        assert await read_all(task.stderr) == b"err\n"
        assert await exit_code(task) == 7

    @pytest.mark.anyio
    async def test_an_end_without_a_daemon_is_known_to_the_next(self, runtime: Runtime, bundles: BundleFactory, root: Path) -> None:
        bundle = bundles.bundle(container_spec(process("sh", "-c", "sleep 0.3; echo last words; exit 11")))
        daemon = self._doomed(root, bundle, ProcessIO())
        assert daemon.stdout
        await anyio.to_thread.run_sync(daemon.stdout.readline)
        _kill(daemon)
        await anyio.sleep(0.6)
        task = await runtime.adopt(bundle.id, bundle.path)
        assert task is not None
        assert await read_all(task.stdout) == b"last words\n"
        assert await exit_code(task) == 11

    @pytest.mark.anyio
    async def test_everything_works_on_an_adopted_container(self, runtime: Runtime, bundles: BundleFactory, root: Path) -> None:
        bundle = bundles.bundle(container_spec(process("sh", "-c", "cat; exit 3")))
        task = await self._survivor(runtime, root, bundle, INTERACTIVE)
        assert task.stdout is not None
        await write_stdin(task, b"still here\n")
        assert await read_until(task.stdout, b"still here\n") == b"still here\n"
        further = await task.exec("e1", process("sh", "-c", "exit 6"), ProcessIO())
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
    async def test_a_terminal_survives_the_daemon(self, runtime: Runtime, bundles: BundleFactory, root: Path) -> None:
        spec = container_spec(process("sh", "-c", "stty -echo; read x; stty size; echo got $x; exit 2", terminal=True))
        task = await self._survivor(runtime, root, bundles.bundle(spec), TERMINAL)
        assert task.stdout is not None
        await task.resize(11, 22)
        await write_stdin(task, b"typed\n")
        assert b"11 22\r\ngot typed" in await read_until(task.stdout, b"got typed")
        assert await exit_code(task) == 2

    @pytest.mark.anyio
    async def test_a_fresh_runtime_adopts_from_a_stopped_one(self, runtime: Runtime, bundles: BundleFactory, root: Path) -> None:
        async with open_runtime(self.plugin, self.settings, root) as earlier:
            bundle = bundles.bundle(container_spec(process("sh", "-c", "sleep 0.2; echo later; exit 8")))
            (await earlier.start(bundle, ProcessIO())).close()
        task = await runtime.adopt(bundle.id, bundle.path)
        assert task is not None
        assert await read_all(task.stdout) == b"later\n"
        assert await exit_code(task) == 8

    @pytest.mark.anyio
    async def test_a_start_cut_short_is_adopted_or_leaves_nothing(
        self, runtime: Runtime, bundles: BundleFactory, root: Path
    ) -> None:
        for delay in (0.0, 0.01, 0.02, 0.04, 0.08):
            bundle = bundles.bundle(container_spec(process("sleep", "1000")))
            before = time.monotonic()
            daemon = self._doomed(root, bundle, ProcessIO())
            while time.monotonic() < before + 5 and not any(bundle.path.iterdir()):
                await anyio.sleep(0.001)
            await anyio.sleep(delay)
            _kill(daemon)
            task = await runtime.adopt(bundle.id, bundle.path)
            if task is not None:
                assert task.pid in await task.pids()
                await task.delete()
            await runtime.discard(bundle.id, bundle.path)
            assert await runtime.audit() == []

    @pytest.mark.anyio
    async def test_what_never_was_cannot_be_adopted(self, runtime: Runtime, root: Path) -> None:
        assert await runtime.adopt("never", root) is None
        await runtime.discard("never", root)

    # -----------------------------------------------------------------------------------------------------------------
    # The end of it
    # -----------------------------------------------------------------------------------------------------------------

    @pytest.mark.anyio
    async def test_audit_names_what_runs_and_nothing_after_delete(self, runtime: Runtime, bundles: BundleFactory) -> None:
        task = await self._sleeper(runtime, bundles)
        assert await runtime.audit()
        await task.delete()
        await task.delete()
        assert not os.path.exists(f"/proc/{task.pid}")
        assert await runtime.audit() == []
        assert await exit_code(task) == 137

    @pytest.mark.anyio
    async def test_discard_kills_and_frees_and_may_be_repeated(self, runtime: Runtime, bundles: BundleFactory, root: Path) -> None:
        bundle = bundles.bundle(container_spec(process("sleep", "1000")))
        task = await self._survivor(runtime, root, bundle, ProcessIO())
        task.close()
        for _ in range(2):
            await runtime.discard(bundle.id, bundle.path)
        assert not os.path.exists(f"/proc/{task.pid}")
        assert await runtime.adopt(bundle.id, bundle.path) is None
        assert await runtime.audit() == []

    @pytest.mark.anyio
    async def test_status_names_the_cgroups(self, runtime: Runtime) -> None:
        status = await runtime.status()
        assert status["CgroupVersion"] in ("1", "2")
        assert status["CgroupDriver"]


def select_read(descriptor: int) -> bytes:
    """Return what can be read right now, b"" for nothing."""
    try:
        return os.read(descriptor, 1 << 16)
    except BlockingIOError:
        return b""


def _kill(daemon: "subprocess.Popen[bytes]") -> None:
    daemon.kill()
    daemon.wait()
    if daemon.stdout:
        daemon.stdout.close()


def _source_root() -> Path:
    return Path(__file__).parents[3]


def _processes_of(directory: Path) -> list[str]:
    """Return the command lines of processes that name a directory (a supervisor does), but for this one's."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(directory) in line and int(pid) != os.getpid():
            found.append(line)
    return found
