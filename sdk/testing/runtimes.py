"""Opening a runtime for a test, and talking to what it runs."""

import asyncio
import importlib
import logging
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import anyio

from sdk.drivers.runtime import RunningProcess, Runtime
from sdk.events import Event
from sdk.providers import PluginContext, PluginSettings, RuntimeProvider
from sdk.testing.installed import InstalledInTest

DEADLINE = 20
"""Seconds that anything in a test may take."""


class _NoEvents:
    def publish(self, event: Event) -> None:
        """No client listens."""


@asynccontextmanager
async def open_runtime(plugin: str, settings: Mapping[str, object], root: Path) -> AsyncIterator[Runtime]:
    """Open the runtime that a plugin module provides, with its directories below `root`, as a daemon would."""
    provider: RuntimeProvider[PluginSettings] = importlib.import_module(plugin).provide_runtime()
    for name in ("data", "run"):
        (root / name).mkdir(exist_ok=True)
    events, instance = _NoEvents(), root.name[-8:]
    context = PluginContext(
        name=provider.name,
        data_root=root / "data",
        exec_root=root / "run",
        instance=instance,
        events=events,
        log=logging.getLogger(plugin),
        installed=InstalledInTest(root / "run", instance, events),
    )
    async with provider.open(context, provider.settings.model_validate(settings)) as runtime:
        yield runtime


async def read_all(descriptor: int | None) -> bytes:
    """Return everything up to end of file (a terminal's is an error); b"" for no descriptor."""
    return b"" if descriptor is None else await read_until(descriptor, None)


async def read_until(descriptor: int, wanted: bytes | None) -> bytes:
    """Return what can be read until `wanted` has come, or to the end. Raises TimeoutError."""
    received = b""
    with anyio.fail_after(DEADLINE):
        while wanted is None or wanted not in received:
            await _readable(descriptor)
            try:
                chunk = os.read(descriptor, 1 << 16)
            except BlockingIOError:
                continue
            except OSError:  # EIO: no process has the other side of the terminal any more
                break
            if not chunk:
                break
            received += chunk
    return received


async def _readable(descriptor: int) -> None:
    # Not anyio.wait_readable: that refuses a second reader of a descriptor whose number was used before.
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(descriptor, _ready, ready)
    try:
        await ready
    finally:
        loop.remove_reader(descriptor)


def _ready(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


async def write_stdin(process: RunningProcess, data: bytes) -> None:
    """Write to a process' stdin and leave it open."""
    descriptor = process.open_stdin()
    assert descriptor is not None, "the process has no stdin"
    try:
        assert os.write(descriptor, data) == len(data)
    finally:
        os.close(descriptor)


async def exit_code(process: RunningProcess) -> int:
    """Wait for the end, not for ever."""
    with anyio.fail_after(DEADLINE):
        return (await process.wait()).code


def select_read(descriptor: int) -> bytes:
    """Return what can be read right now, b"" for nothing."""
    try:
        return os.read(descriptor, 1 << 16)
    except BlockingIOError:
        return b""
