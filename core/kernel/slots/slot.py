"""The calls of one driver: each ends by its deadline for the engine, whatever the driver does.

A call with a deadline runs in a task of its own. When the deadline comes, or the caller is cancelled, the driver is asked to stop; one
that hears it ends as always. One that does not (a thread in a hanging system call hears nothing) is left alone: the caller goes
on, the call is counted as overdue, and what it returns in the end is logged and dropped.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, ParamSpec, TypeVar, cast

import anyio

from core.drivers import calling
from sdk.errors import DeadlineExceeded, DriverError, Unavailable
from sdk.providers import Kind

P = ParamSpec("P")
R = TypeVar("R")

STUCK_AT = 4
"""With so many overdue calls a driver is not called any more, until they have ended."""

_GRACE_SECONDS = 1.0
"""So long a driver that is asked to stop at its deadline may take to tidy up."""

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Call(Generic[R]):
    """One call on its way. `key` names what it works on, `began` is Unix time, `scope` what it runs in."""

    method: str
    seconds: float
    key: Hashable
    task: "asyncio.Task[R]"
    scope: anyio.CancelScope
    began: float = field(default_factory=time.time)

    @property
    def ended_well(self) -> bool:
        """Tell whether it has a result, or an error of the driver's."""
        return self.task.done() and not self.task.cancelled()


class Slot:
    """One driver's place in the engine: how it is named, and which of its calls are overdue."""

    def __init__(self, kind: Kind, name: str, plugin: str) -> None:
        self.kind, self.name, self.plugin = kind, name, plugin
        self._overdue: list[Call[object]] = []

    @property
    def complaint(self) -> str:
        """Return the sentence about a driver that does not answer; "" for one that does."""
        if not self._overdue:
            return ""
        since = time.strftime("%H:%M:%S", time.localtime(min(call.began for call in self._overdue)))
        methods = ", ".join(sorted({call.method for call in self._overdue}))
        calls = "1 call is" if len(self._overdue) == 1 else f"{len(self._overdue)} calls are"
        return f"{self} does not answer: {calls} overdue ({methods}), the oldest since {since}"

    def __str__(self) -> str:
        return f'{self.kind} driver "{self.name}" (plugin {self.plugin})'

    async def call(self, method: str, seconds: float, function: Callable[P, Awaitable[R]], *args: P.args, **kwargs: P.kwargs) -> R:
        """Await a driver's answer for so many seconds.

        Raises DeadlineExceeded, what the driver raises of EngineError, DriverError for all else, and Unavailable at once for a driver that
        has left too many calls unanswered. What a driver returned is never lost: a cancellation that comes at the same moment reaches
        the caller at its next step.
        """
        key = _key(args)
        if self._overdue:
            await self._make_way(method, seconds, key)
        scope = anyio.CancelScope()
        task = asyncio.get_running_loop().create_task(self._foreseen(scope, method, function, *args, **kwargs))
        call = Call(method, seconds, key, task, scope)
        try:
            await _ended(task, seconds)
        except asyncio.CancelledError as cancellation:
            with anyio.CancelScope(shield=True):
                await self._stop(call, seconds)
            if not call.ended_well:
                raise
            _cancel_again(cancellation)
        else:
            if not task.done():
                with anyio.CancelScope(shield=True):
                    await self._stop(call, _GRACE_SECONDS)
        return self._result(call)

    async def _foreseen(
        self, scope: anyio.CancelScope, method: str, function: Callable[P, Awaitable[R]], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Be the task of a call. It is cancelled by an anyio scope, as drivers shield by such scopes what they must finish."""
        with scope, calling(self.name, method):
            return await function(*args, **kwargs)
        raise asyncio.CancelledError

    def _result(self, call: Call[R]) -> R:
        if call.ended_well:
            return call.task.result()
        if not call.scope.cancel_called:
            raise DriverError(self.name, call.method, "the driver cancelled itself")
        raise DeadlineExceeded(self._no_answer(call.method, call.seconds))

    def _no_answer(self, method: str, seconds: float) -> str:
        return f'{self.kind} driver "{self.name}" did not answer {method} in {seconds:g} s'

    async def _make_way(self, method: str, seconds: float, key: Hashable) -> None:
        """Refuse a call to a driver that is stuck; let one that works on the same thing as an overdue one come after it."""
        if len(self._overdue) >= STUCK_AT:
            raise Unavailable(self.complaint)
        before = [call.task for call in self._overdue if call.key == key]
        if before and (await asyncio.wait(before, timeout=seconds))[1]:
            raise DeadlineExceeded(f"{self._no_answer(method, seconds)}: an earlier call is overdue")

    async def _stop(self, call: Call[R], seconds: float) -> None:
        """Ask the driver to stop, and give it so many seconds; then the call is overdue."""
        call.scope.cancel()
        await _ended(call.task, seconds)
        if not call.task.done():
            overdue = cast("Call[object]", call)
            self._overdue.append(overdue)
            _log.error("%s", self.complaint)
            call.task.add_done_callback(lambda _task: self._ended_late(overdue))

    def _ended_late(self, call: Call[object]) -> None:
        self._overdue.remove(call)
        error = call.task.exception() if call.ended_well else None
        how = f": {error}" if error else ""
        _log.warning("%s has ended %s after %.0f s%s", self, call.method, time.time() - call.began, how)


async def _ended(task: "asyncio.Task[object]", seconds: float) -> None:
    """Return when a task has ended, or so many seconds are over. Raises CancelledError when the caller is cancelled."""
    loop = asyncio.get_running_loop()
    waiter = loop.create_future()

    def wake(_task: object = None) -> None:
        if not waiter.done():
            waiter.set_result(None)

    task.add_done_callback(wake)
    timer = loop.call_later(seconds, wake)
    try:
        await waiter
    finally:
        timer.cancel()
        task.remove_done_callback(wake)


def _cancel_again(cancellation: asyncio.CancelledError) -> None:
    """Have a cancellation that was held back come at the next step. That of an anyio scope comes again by itself."""
    current = asyncio.current_task()
    if current is not None and anyio.current_effective_deadline() != float("-inf"):
        current.cancel(*cancellation.args)


def _key(args: tuple[object, ...]) -> Hashable:
    """Return what a call works on: the names and IDs among its first two arguments."""
    return tuple(each if isinstance(each, str) else getattr(each, "id", None) for each in args[:2])
