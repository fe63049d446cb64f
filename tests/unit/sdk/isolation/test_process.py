"""The process itself: what it says, how it ends, and that it ends with the daemon."""

import logging
import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio
import pytest

from sdk.drivers.volume import VolumeDriver
from sdk.isolation.asking import Wanted, open_request
from sdk.isolation.calling import ProcessEnded
from sdk.isolation.frames import Happened, Logged, Ready, Refused, Why, encode
from sdk.isolation.methods import methods_of
from sdk.isolation.process import PluginProcess
from sdk.providers import PluginContext
from tests.unit.sdk.isolation.conftest import Heard

pytestmark = pytest.mark.anyio

METHODS = methods_of([VolumeDriver])
HOOK = ("tests.odd_volumes", "provide_volume_driver")


@pytest.fixture
def said() -> list[str]:
    return []


@asynccontextmanager
async def process(context: PluginContext, heard: Heard, said: list[str], behaviour: str = "") -> AsyncIterator[PluginProcess]:
    begun = await PluginProcess.begin("odd", "it", heard.ears, said.append)
    try:
        settings = f'{{"open": "{behaviour}"}}'
        answer = await begun.caller.open(open_request(Wanted("volume", HOOK, settings), context, logging.INFO))
        if isinstance(answer, Refused):
            said.append(f"{answer.why}: {answer.reason}")
        else:
            assert answer == Ready(("VolumeDriver",))
        yield begun
    finally:
        with anyio.CancelScope(shield=True):
            await begun.close()


async def test_a_driver_is_served_heard_and_closed(plugin_context: PluginContext, heard: Heard, said: list[str]) -> None:
    async with process(plugin_context, heard, said) as begun:
        made = await begun.caller.call(METHODS["create"], ["say:hello\x1b[0m", {}], {})
        assert made.created_ns == begun.pid
        assert await begun.caller.call(METHODS["size"], ["data"], {}) == 4
        arguments = Path(f"/proc/{begun.pid}/cmdline").read_bytes().split(b"\0")
        assert arguments[1:-1] == [b"-I", b"-m", b"sdk.isolated", b"odd"]
    assert heard == [Happened("volume", "mount", "data", 1, {"driver": "odd"}, "local"), Logged(30, "the size of data")]
    assert said == ["hello [0m"]
    assert (plugin_context.data_root / "closed").exists()
    assert await begun.ended() == "ended with exit status 0: hello [0m"


@pytest.mark.parametrize(
    ("name", "how"), [("exit:a last word", "ended with exit status 3: a last word"), ("kill", "killed by signal 9 (SIGKILL)")]
)
async def test_how_it_ends_is_told(plugin_context: PluginContext, heard: Heard, said: list[str], name: str, how: str) -> None:
    async with process(plugin_context, heard, said) as begun:
        with pytest.raises(ProcessEnded):
            await begun.caller.call(METHODS["create"], [name, {}], {})
        assert await begun.ended() == how
        begun.signal(signal.SIGKILL)  # nothing happens to another process of this ID


@pytest.mark.parametrize(
    ("behaviour", "why"), [("skip", f"{Why.SKIP}: not on this machine"), ("raise", "broken: RuntimeError: it does")]
)
async def test_a_driver_that_does_not_open_ends_its_process(
    plugin_context: PluginContext, heard: Heard, said: list[str], behaviour: str, why: str
) -> None:
    async with process(plugin_context, heard, said, behaviour) as begun:
        assert said[0].startswith(why)
        assert (await begun.ended()).startswith("ended with exit status 0")


async def test_one_that_hangs_is_killed_when_it_is_to_end(plugin_context: PluginContext, heard: Heard, said: list[str]) -> None:
    async with process(plugin_context, heard, said) as begun, anyio.create_task_group() as tasks:
        tasks.start_soon(begun.caller.call, METHODS["create"], ["block:600", {}], {})
        with anyio.fail_after(20):
            while "blocks" not in said:
                await anyio.sleep(0.02)
        tasks.cancel_scope.cancel()
        begun.signal(signal.SIGABRT)
        assert (await begun.ended()).startswith("killed by signal 6 (SIGABRT)")
    assert any("odd_volumes.py" in line for line in said), "faulthandler shows where it hung"


async def test_the_daemons_credentials_for_its_service_manager_are_not_passed_on(
    plugin_context: PluginContext, heard: Heard, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/systemd/notify")
    monkeypatch.setenv("AN_OTHER", "1")
    async with process(plugin_context, heard, said) as begun:
        environment = Path(f"/proc/{begun.pid}/environ").read_bytes()
    assert b"NOTIFY_SOCKET" not in environment
    assert b"AN_OTHER=1" in environment


def test_it_ends_with_the_daemon(tmp_path: Path) -> None:
    script = """
import asyncio, os, sys
from sdk.isolation.calling import Ears
from sdk.isolation.process import PluginProcess
async def main():
    begun = await PluginProcess.begin("odd", "it", Ears(print, print), print)
    print(begun.pid, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as daemon:
        assert daemon.stdout is not None
        pidfd = os.pidfd_open(int(daemon.stdout.readline()))
        daemon.kill()
    deadline = time.monotonic() + 20
    while not _ended(pidfd):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.close(pidfd)


def _ended(pidfd: int) -> bool:
    return bool(select.select([pidfd], [], [], 0)[0])


async def test_large_answers_at_once_all_arrive(plugin_context: PluginContext, heard: Heard, said: list[str]) -> None:
    got: list[int] = []

    async def mount() -> None:
        got.append(len(str(await begun.caller.call(METHODS["mount"], ["v", str(6 << 20)], {}))))

    async with process(plugin_context, heard, said) as begun:
        with anyio.fail_after(100):
            async with anyio.create_task_group() as tasks:
                for _ in range(3):
                    tasks.start_soon(mount)
    assert got == [12 << 20] * 3  # together more than may be unsent


async def test_one_that_no_signal_ends_is_named_and_not_waited_for(
    plugin_context: PluginContext,
    heard: Heard,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As of a process that waits in the kernel for a device."""
    for name in ("_CLOSING_SECONDS", "_TERMINATING_SECONDS", "_KILLED_SECONDS"):
        monkeypatch.setattr(f"sdk.isolation.process.{name}", 0.1, raising=False)
    async with process(plugin_context, heard, said) as begun:
        os.kill(begun.pid, signal.SIGSTOP)
        with monkeypatch.context() as deaf, anyio.fail_after(20):
            deaf.setattr(begun, "signal", lambda _number: None)
            await begun.close()
            assert await begun.ended() == f"killed and does not end (process {begun.pid})"
        assert f"process {begun.pid} of a driver was killed and does not end" in caplog.text


def test_it_ends_where_the_daemon_ended_just_after_it_began(plugin_context: PluginContext) -> None:
    """What opens nothing must not: the next daemon has the data root."""
    wanted = Wanted("volume", HOOK, '{"open": "sleep:600"}')
    request = encode(open_request(wanted, plugin_context, logging.INFO))
    script = f"""
import os, socket, subprocess, sys
ours, theirs = socket.socketpair()
ours.sendall({request!r})
begun = subprocess.Popen([sys.executable, "-I", "-m", "sdk.isolated", "odd"], stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(begun.pid, flush=True)
os._exit(0)
"""
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=True)
    with suppress(ProcessLookupError):
        pidfd = os.pidfd_open(int(done.stdout))
        assert select.select([pidfd], [], [], 30)[0] == [pidfd]
        os.close(pidfd)


async def test_what_it_has_begun_ends_with_it(plugin_context: PluginContext, heard: Heard, said: list[str]) -> None:
    async with process(plugin_context, heard, said) as begun:
        await begun.caller.call(METHODS["create"], ["child:600", {}], {})
        with anyio.fail_after(20):
            while not said:
                await anyio.sleep(0.02)
        pidfd = os.pidfd_open(int(said[0]))
        begun.signal(signal.SIGKILL)
        with anyio.fail_after(20):
            await anyio.wait_readable(pidfd)
            await begun.ended()
            await begun._output.ended.wait()
    os.close(pidfd)


async def test_one_that_cannot_be_begun_leaves_nothing(heard: Heard) -> None:
    """Whichever descriptor there is none for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    before, refused = _held(), 0
    free = [number for number in range(1000) if str(number) not in before[0]]
    for limit in free[:12]:
        begun = None
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        try:
            begun = await PluginProcess.begin("odd", "it", heard.ears, print)
        except OSError:
            refused += 1
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        if begun is None:
            assert _held() == before, f"with descriptors below {limit}"
        else:
            begun.signal(signal.SIGKILL)
            await begun.ended()
            break
    with anyio.fail_after(20):
        while _held() != before:
            await anyio.sleep(0.02)
    assert refused > 4


def _held() -> tuple[set[str], str]:
    """Return this process' descriptors, without that of looking, and its children."""
    looking = os.open("/proc/self/fd", os.O_RDONLY)
    try:
        descriptors = set(os.listdir(looking)) - {str(looking)}
    finally:
        os.close(looking)
    return descriptors, Path(f"/proc/self/task/{os.getpid()}/children").read_text()
