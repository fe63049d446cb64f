"""An attached client and a process, joined: input one way, output the other."""

import logging
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import anyio

from core.streams.hub import Subscription
from core.streams.input import DetachScanner, write_all
from sdk.drivers.runtime import RunningProcess
from sdk.engine.containers import ProcessClient

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Input:
    """How a client's input reaches a process; `process` waits for its start and gives None when there is none."""

    process: Callable[[], Awaitable[RunningProcess | None]]
    scanner: DetachScanner | None
    close_on_end: bool


async def relay(client: ProcessClient, output: Subscription, source: Input | None, patience: float | None = None) -> bool:
    """Carry bytes until the output ends, the client detaches or goes away; return whether it detached.

    With `patience` a client that takes nothing for so many seconds, while the process waits for it, is left.
    """
    detached = False

    async def give_up(seconds: float) -> None:
        await output.stalled(seconds)
        _log.warning("an attached client that took nothing for %.0f s held up a container and was dropped", seconds)
        scope.cancel_scope.cancel()

    async def carry_input() -> None:
        nonlocal detached
        try:
            detached = await _feed(client, source)
            if not detached:
                await client.receive()  # returns never, raises when the connection is lost
        except ConnectionError:
            pass
        scope.cancel_scope.cancel()

    async with anyio.create_task_group() as scope:
        scope.start_soon(carry_input)
        if patience is not None:
            scope.start_soon(give_up, patience)
        try:
            async for stream, chunk in output:
                await client.send(stream, chunk)
        except ConnectionError:
            pass
        finally:
            output.close()
        scope.cancel_scope.cancel()
    return detached


async def _feed(client: ProcessClient, source: Input | None) -> bool:
    """Pass input on until its end or the detach keys; return True for the latter."""
    if source is None:
        while await client.receive():
            pass
        return False
    try:
        detached = await _feed_process(client, source)
    except ConnectionError:
        with anyio.CancelScope(shield=True):
            await _finish(source)
        raise
    if not detached:
        await _finish(source)
    return detached


async def _feed_process(client: ProcessClient, source: Input) -> bool:
    descriptor = None
    try:
        while data := await client.receive():
            passed, detached = source.scanner.feed(data) if source.scanner is not None else (data, False)
            if descriptor is None:
                descriptor = await _open(source)
            if descriptor is not None and passed:
                await _write(descriptor, passed)
            if detached:
                return True
    finally:
        if descriptor is not None:
            os.close(descriptor)
    return False


async def _finish(source: Input) -> None:
    process = await source.process() if source.close_on_end else None
    if process is not None:
        process.close_stdin()


async def _open(source: Input) -> int | None:
    process = await source.process()
    return process.open_stdin() if process is not None else None


async def _write(descriptor: int, data: bytes) -> None:
    try:
        await write_all(descriptor, data)
    except BrokenPipeError:
        return
