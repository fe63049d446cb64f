"""Drivers of five kinds that are the bundled ones, until the file HOSTILE names a method and how it misbehaves from then on.

The file holds `KIND.METHOD BEHAVIOUR`, or nothing. Behaviours: `raises`, `exits`, `cancels`, `wrong` (returns the number 42), `hangs` (waits for
ever, and hears a cancellation), `stuck` (a thread that hears nothing until the file changes). In a process of their own also: `dies` (ends the
process), `blocks` (holds the event loop until the file changes).
"""

import asyncio
import functools
import inspect
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.to_thread

from plugins.log_jsonfile import plugin as json_file
from plugins.net_bridge import plugin as bridge
from plugins.runtime_ns import plugin as ns
from plugins.storage_overlay import plugin as overlay
from plugins.volume_local import plugin as local
from sdk.drivers.logs import ContainerLog
from sdk.drivers.runtime import RunningProcess
from sdk.hookspecs import hookimpl
from sdk.providers import LogProvider, NetworkProvider, PluginContext, RuntimeProvider, StorageProvider, VolumeProvider

_FILE = Path(os.environ["HOSTILE"])
_threads = anyio.CapacityLimiter(64)
"""What hangs in a test is no thread of the others."""


def _behaviour(method: str) -> str:
    told = _FILE.read_text().split()
    return told[1] if told[:1] == [method] else ""


def _misbehave(method: str, behaviour: str) -> None:
    if behaviour == "raises":
        raise RuntimeError(f"boom in {method}")
    if behaviour == "exits":
        raise SystemExit(3)
    if behaviour == "cancels":
        raise asyncio.CancelledError


def _until_changed(method: str, behaviour: str) -> None:
    while _behaviour(method) == behaviour:
        time.sleep(0.02)


def _hostile(method: str, usual: Callable[..., object]) -> Callable[..., object]:
    @functools.wraps(usual)
    async def waiting(*args: object, **kwargs: object) -> object:
        behaviour = _behaviour(method)
        _misbehave(method, behaviour)
        if behaviour == "hangs":
            await anyio.sleep_forever()
        if behaviour == "stuck":
            await anyio.to_thread.run_sync(_until_changed, method, behaviour, limiter=_threads)
        if behaviour == "dies":
            os._exit(3)
        if behaviour == "blocks":
            _until_changed(method, behaviour)
        if behaviour == "wrong" and usual.__annotations__.get("return") is not None:
            return 42
        returned = _also_hostile(method, await usual(*args, **kwargs))
        return 42 if behaviour == "wrong" and returned is None else returned

    @functools.wraps(usual)
    def plain(*args: object, **kwargs: object) -> object:
        behaviour = _behaviour(method)
        _misbehave(method, behaviour)
        return 42 if behaviour == "wrong" else _also_hostile(method, usual(*args, **kwargs))

    return waiting if inspect.iscoroutinefunction(usual) else plain


def _also_hostile(method: str, returned: object) -> object:
    kind = method.partition(".")[0]
    if isinstance(returned, RunningProcess | ContainerLog):
        _make_hostile(kind, returned)
    return returned


def _methods(driver: object) -> Iterator[tuple[str, Callable[..., object]]]:
    for interface in type(driver).__mro__:
        if interface.__module__.startswith("sdk.drivers."):
            for name, member in vars(interface).items():
                if inspect.isfunction(member) and not name.startswith("_") and not inspect.isasyncgenfunction(member):
                    yield name, getattr(type(driver), name)


def _make_hostile(kind: str, driver: object) -> None:
    members = {name: _hostile(f"{kind}.{name}", usual) for name, usual in _methods(driver) if (kind, name) != ("log", "read")}
    driver.__class__ = type(f"Hostile{type(driver).__name__}", (type(driver),), {"__slots__": (), **members})


def _opened(kind: str, provider: object) -> Callable[..., object]:
    @asynccontextmanager
    async def opened(context: PluginContext, settings: object) -> AsyncIterator[object]:
        async with provider.open(context, settings) as driver:
            _make_hostile(kind, driver)
            yield driver

    return opened


@hookimpl
def provide_storage_driver() -> object:
    return StorageProvider(
        "hostile", overlay.provide_storage_driver().settings, _opened("storage", overlay.provide_storage_driver())
    )


@hookimpl
def provide_network_driver() -> object:
    return NetworkProvider("hostile", bridge.provide_network_driver().settings, _opened("network", bridge.provide_network_driver()))


@hookimpl
def provide_runtime() -> object:
    return RuntimeProvider("hostile", ns.provide_runtime().settings, _opened("runtime", ns.provide_runtime()))


@hookimpl
def provide_volume_driver() -> object:
    return VolumeProvider("hostile", local.provide_volume_driver().settings, _opened("volume", local.provide_volume_driver()))


@hookimpl
def provide_log_driver() -> object:
    return LogProvider("hostile", json_file.provide_log_driver().settings, _opened("log", json_file.provide_log_driver()))
