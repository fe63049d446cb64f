"""The calls of one driver: each ends by its deadline for the engine, whatever the driver does.

A call with a deadline runs in a task of its own. When the deadline comes, or the caller is cancelled, the driver is asked to stop; one
that hears it ends as always. One that does not (a thread in a hanging system call hears nothing) is left alone: the caller goes
on, the call is counted as overdue, and what it made in the end is undone.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import ParamSpec, TypeVar, cast

import anyio

from core.drivers import calling
from core.kernel.slots.undoing import TAKES_AWAY, Undo
from core.waiting import ended
from sdk.drivers.runtime import RunningProcess
from sdk.errors import DeadlineExceeded, Unavailable
from sdk.providers import Kind
from sdk.tracing import NOT_TRACED, Step, is_traced, step

P = ParamSpec("P")
R = TypeVar("R")

STUCK_AT = 4
"""With so many overdue calls a driver is not called any more, until they have ended."""

_GRACE_SECONDS = 1.0
"""So long a driver that is asked to stop at its deadline may take to tidy up."""

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Call:
    """One call on its way. `key` names what it works on, `began` is that of the monotonic clock; it runs in `scope`."""

    method: str
    seconds: float
    key: Hashable
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    began: float = field(default_factory=time.monotonic)
    given_up: bool = False


class Slot:
    """One driver's place in the engine: how it is named, and which of its calls are overdue.

    `deadlines` are the administrator's, in seconds by method, in place of the interface's own.
    """

    def __init__(self, kind: Kind, name: str, plugin: str, deadlines: Mapping[str, float] = MappingProxyType({})) -> None:
        self.kind, self.name, self.plugin = kind, name, plugin
        self._deadlines = deadlines
        self._prefix, self._attributes = f"{kind}.", {"core.driver.name": name, "core.plugin.name": plugin}
        self._overdue: dict[Call, asyncio.Task[object]] = {}

    @property
    def complaint(self) -> str:
        """Return the sentence about a driver that does not answer; "" for one that does."""
        if not self._overdue:
            return ""
        for_so_long = time.monotonic() - min(call.began for call in self._overdue)
        since = time.strftime("%H:%M:%S", time.localtime(time.time() - for_so_long))
        methods = ", ".join(sorted({call.method for call in self._overdue}))
        calls = "1 call is" if len(self._overdue) == 1 else f"{len(self._overdue)} calls are"
        return f"{self} does not answer: {calls} overdue ({methods}), the oldest since {since}"

    @property
    def hangs(self) -> bool:
        """Tell whether a call takes twice its deadline: one that is late a little may be work that is slow, and ends."""
        now = time.monotonic()
        return any(now - call.began >= 2 * call.seconds for call in self._overdue)

    def __str__(self) -> str:
        return f'{self.kind} driver "{self.name}" (plugin {self.plugin})'

    def step(self, method: str) -> AbstractContextManager[Step | None]:
        """Return what a call is a span of, where the request is traced."""
        if not is_traced():
            return NOT_TRACED
        return step(self._prefix + method, self._attributes)

    async def call(
        self, method: str, seconds: float, function: Callable[P, Awaitable[R]], undo: Undo | None, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Await a driver's answer for so many seconds, or those that the administrator gave the method.

        Raises DeadlineExceeded, what the driver raises of EngineError, DriverError for all else, and Unavailable at once for a driver that
        has left too many calls unanswered. What a driver returned is never lost: a cancellation that comes at the same moment reaches
        the caller at its next step. What comes after the caller was told is undone: `undo` gets it, and the arguments.
        """
        call = Call(method, self._deadlines.get(method, seconds), _key(method, function, args))
        work = partial(self._later, call, self._before(call), function) if self._overdue else function
        task = asyncio.get_running_loop().create_task(self._foreseen(call, work, undo, *args, **kwargs))
        try:
            await ended(task, call.seconds)
        except asyncio.CancelledError as cancellation:
            with anyio.CancelScope(shield=True):
                await self._stop(call, task, call.seconds)
            if not _ended_well(task):
                raise
            _cancel_again(cancellation)
        else:
            if not task.done():
                with anyio.CancelScope(shield=True):
                    await self._stop(call, task, _GRACE_SECONDS)
        if not _ended_well(task):
            raise DeadlineExceeded(self._no_answer(call))
        return task.result()

    async def _foreseen(
        self, call: Call, function: Callable[P, Awaitable[R]], undo: Undo | None, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Be the task of a call. It is cancelled by an anyio scope, as drivers shield by such scopes what they must finish."""
        with call.scope, calling(self.name, call.method):
            returned = await function(*args, **kwargs)
            if call.given_up and undo is not None:
                with anyio.CancelScope(shield=True):
                    await undo(returned, *args, **kwargs)
            return returned
        raise asyncio.CancelledError

    def _no_answer(self, call: Call) -> str:
        return f'{self.kind} driver "{self.name}" did not answer {call.method} in {call.seconds:g} s'

    def _before(self, call: Call) -> Sequence["asyncio.Task[object]"]:
        """Return the overdue calls that a call has to come after: those on the same thing.

        Raises Unavailable for a driver that is stuck. What only takes away comes after all calls of such a driver.
        """
        if len(self._overdue) < STUCK_AT:
            return [task for earlier, task in self._overdue.items() if earlier.key == call.key]
        if call.method not in TAKES_AWAY:
            raise Unavailable(self.complaint)
        return list(self._overdue.values())

    async def _later(
        self,
        call: Call,
        before: Sequence["asyncio.Task[object]"],
        function: Callable[P, Awaitable[R]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Do a call after others. One that only takes away is done also when its caller waits no longer: nothing is left behind."""
        with anyio.CancelScope(shield=call.method in TAKES_AWAY):
            if before:
                await asyncio.wait(before)
            return await function(*args, **kwargs)
        raise asyncio.CancelledError

    async def _stop(self, call: Call, task: "asyncio.Task[R]", seconds: float) -> None:
        """Ask the driver to stop, and give it so many seconds; then the call is overdue."""
        call.scope.cancel()
        await ended(task, seconds)
        if not task.done():
            call.given_up = True
            self._overdue[call] = cast("asyncio.Task[object]", task)
            _log.error("%s", self.complaint)
            task.add_done_callback(lambda task: self._ended_late(call, task))

    def _ended_late(self, call: Call, task: "asyncio.Task[R]") -> None:
        del self._overdue[call]
        error = task.exception() if _ended_well(task) else None
        how = f": {error}" if error else ""
        _log.warning("%s has ended %s after %.0f s%s", self, call.method, time.monotonic() - call.began, how)


def _ended_well(task: "asyncio.Task[R]") -> bool:
    """Tell whether a call has a result, or an error of the driver's."""
    return task.done() and not task.cancelled()


def _cancel_again(cancellation: asyncio.CancelledError) -> None:
    """Have a cancellation that was held back come at the next step. That of an anyio scope comes again by itself."""
    current = asyncio.current_task()
    if current is not None and anyio.current_effective_deadline() != float("-inf"):
        current.cancel(*cancellation.args)


def _key(method: str, function: object, args: tuple[object, ...]) -> Hashable:
    """Return what a call works on: the process whose method it is, else the names and IDs among its first two arguments, else, of a method that
    takes none, the driver as far as that method goes."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, RunningProcess):
        return id(owner)  # which lives as long as the call
    names = tuple(each if isinstance(each, str) else getattr(each, "id", None) for each in args[:2])
    return names if any(names) else (id(owner), method)
