"""A plugin with a volume driver that does what the name of a volume says, for tests of drivers in processes of their own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.to_thread

from sdk.drivers.volume import DriverVolume, VolumeDriver
from sdk.errors import NoSuchVolume, SkipPlugin
from sdk.events import Event, EventType
from sdk.hookspecs import hookimpl
from sdk.providers import PluginContext, PluginSettings, VolumeProvider


class OddSettings(PluginSettings):
    """`open` is what opening does, as a volume's name is for `create`."""

    open: str = ""


def _hang(seconds: float) -> None:
    time.sleep(seconds)


class OddVolumes(VolumeDriver):
    """`created_ns` of every volume is the ID of the process."""

    def __init__(self, context: PluginContext) -> None:
        self.context = context
        self.slept = ""

    async def create(self, name: str, options: Mapping[str, str]) -> DriverVolume:
        await self._do(name)
        return self._volume(name, options)

    async def get(self, name: str) -> DriverVolume:
        """Behave once as the name says, in whatever process."""
        mark = self.context.data_root / "once"
        if not mark.exists():
            mark.touch()
            await self._do(name)
        return self._volume(name, {})

    async def list(self) -> Sequence[DriverVolume]:
        return [self._volume(self.slept or "none", {})]

    async def remove(self, name: str) -> None:
        if name == "none":
            raise NoSuchVolume(name)
        if name == "oserror":
            raise PermissionError(13, "Permission denied", "/some/where")
        if name == "strange":
            raise RuntimeError("it is strange")

    async def mount(self, name: str, user: str) -> Path:
        return None if name == "wrong" else Path("/x" * int(user))

    async def unmount(self, name: str, user: str) -> None:
        return "something that is dropped"

    async def size(self, name: str) -> int:
        self.context.events.publish(Event(EventType.VOLUME, "mount", name, 1, {"driver": "odd"}))
        self.context.log.warning("the size of %s", name)
        return len(name)

    def _volume(self, name: str, options: Mapping[str, str]) -> DriverVolume:
        return DriverVolume(name, self.context.data_root / name, os.getpid(), options)

    async def _do(self, name: str) -> None:
        word, _, rest = name.partition(":")
        if word == "exit":
            print(rest, file=sys.stderr, flush=True)
            os._exit(3)
        elif word == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif word == "say":
            print(rest, flush=True)
        elif word == "child":
            print(subprocess.Popen(["sleep", rest]).pid, flush=True)
        elif word == "block":
            print("blocks", flush=True)
            time.sleep(float(rest))
        elif word == "thread":
            await anyio.to_thread.run_sync(_hang, float(rest))
        elif word == "sleep":
            await self._sleep(float(rest))

    async def _sleep(self, seconds: float) -> None:
        try:
            await anyio.sleep(seconds)
        except BaseException:
            self.slept = "cancelled"
            raise


@asynccontextmanager
async def open_driver(context: PluginContext, settings: OddSettings) -> AsyncIterator[VolumeDriver]:
    if settings.open == "skip":
        raise SkipPlugin("not on this machine")
    if settings.open == "raise":
        raise RuntimeError("it does not want to")
    driver = OddVolumes(context)
    await driver._do(settings.open)
    try:
        yield driver
    finally:
        (context.data_root / "closed").touch()


@hookimpl
def provide_volume_driver() -> VolumeProvider[OddSettings]:
    return VolumeProvider("odd", OddSettings, open_driver)
