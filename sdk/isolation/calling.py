"""The daemon's side of a connection: calls that are out, their answers, and what the plugin's process says unasked."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import anyio

from sdk.errors import Unavailable
from sdk.isolation.channel import Channel
from sdk.isolation.faults import PluginFailure, unpack_fault
from sdk.isolation.frames import (
    Call,
    Cancel,
    Cancelled,
    Close,
    FromPlugin,
    Happened,
    Logged,
    Open,
    Ping,
    Pong,
    Raised,
    Ready,
    Refused,
    Returned,
    TooLarge,
    from_plugin,
)
from sdk.isolation.methods import Method
from sdk.isolation.shapes import Misfit

CALLS_OUT = 1024
"""So many calls may be out at once; a driver that has left so many unanswered gets no more."""

_Answer = Returned | Raised | Cancelled


class ProcessEnded(Exception):
    """The plugin's process ended, or its connection, before the call was answered. One that was not `sent` has had no effect."""

    def __init__(self, *, sent: bool) -> None:
        super().__init__("the process ended")
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Ears:
    """Who hears what a process says unasked."""

    logged: Callable[[Logged], None]
    happened: Callable[[Happened], None]


class Caller:
    """Calls the driver of one process, which messages call `subject`. Lives on the event loop.

    `gone` is set when the connection has ended; `why` says what it was about, if that is known.
    """

    def __init__(self, subject: str, ears: Ears) -> None:
        self.channel: Channel[FromPlugin] = Channel(from_plugin, self._hear, self._lose)
        self._subject = subject
        self.gone = asyncio.Event()
        self.why = ""
        self.unanswered_pings = 0
        self._ears = ears
        self._out: dict[int, asyncio.Future[_Answer]] = {}
        self._last = 0
        self._opening: asyncio.Future[Ready | Refused] = asyncio.get_running_loop().create_future()

    async def open(self, request: Open) -> Ready | Refused:
        """Ask the process to open its driver. Raises ProcessEnded."""
        self.channel.send(request)
        return await self._opening

    async def call(self, method: Method, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        """Call a method and return what it returns.

        A cancelled call is cancelled there too, and awaited: it may have had its effect all the same. Raises what the driver raises,
        PluginFailure for what is no answer, ProcessEnded, and Unavailable for a driver that leaves calls unanswered.
        """
        answer = await self._answer(method, args, kwargs)
        if isinstance(answer, Cancelled):
            raise asyncio.CancelledError
        if isinstance(answer, Raised):
            raise unpack_fault(answer)
        try:
            return method.unpack_result(answer.value)
        except Misfit as error:
            raise PluginFailure(str(error)) from error

    def ping(self) -> None:
        """Ask whether the event loop of the process is alive."""
        self.unanswered_pings += 1
        self.channel.urge(Ping())

    def close(self) -> None:
        """Ask the process to close its driver and to end."""
        self.channel.urge(Close())

    async def _answer(self, method: Method, args: Sequence[object], kwargs: Mapping[str, object]) -> _Answer:
        number = self._begin(method, method.pack_arguments(args, kwargs))
        try:
            return await self._out[number]
        except asyncio.CancelledError:
            answer = self._out[number]
            if answer.done() and not answer.cancelled() and answer.exception() is None:  # it came at the same moment
                return answer.result()
            self._out[number] = answer = asyncio.get_running_loop().create_future()
            self.channel.urge(Cancel(number))
            with anyio.CancelScope(shield=True):
                stopped = await self._stopped(answer)
            if isinstance(stopped, Cancelled):
                raise
            return stopped
        finally:
            del self._out[number]

    async def _stopped(self, answer: "asyncio.Future[_Answer]") -> _Answer:
        """Return how a cancelled call ended; a process that is gone does nothing more."""
        if self.gone.is_set():
            return Cancelled(0)
        try:
            return await answer
        except ProcessEnded:
            return Cancelled(0)

    def _begin(self, method: Method, arguments: list[object]) -> int:
        if self.gone.is_set():
            raise ProcessEnded(sent=False)
        if len(self._out) >= CALLS_OUT:
            raise Unavailable(f"{self._subject} does not answer: {CALLS_OUT} calls are out")
        self._last += 1
        try:
            self.channel.send(Call(self._last, method.name, arguments))
        except TooLarge as error:
            raise PluginFailure(f"the arguments of {method.name} are too large: {error}") from error
        except OverflowError as error:
            raise PluginFailure(f"the arguments of {method.name} cannot be sent: {error}") from error
        self._out[self._last] = asyncio.get_running_loop().create_future()
        return self._last

    def _hear(self, frame: FromPlugin) -> None:
        if isinstance(frame, Returned | Raised | Cancelled):
            self._answered(frame)
        elif isinstance(frame, Logged):
            self._ears.logged(frame)
        elif isinstance(frame, Happened):
            self._ears.happened(frame)
        elif isinstance(frame, Pong):
            self.unanswered_pings = 0
        elif not self._opening.done():
            self._opening.set_result(frame)
        elif isinstance(frame, Refused):
            self.why = frame.reason

    def _answered(self, frame: _Answer) -> None:
        """Keep an answer for its caller, who may have been cancelled just now and not have seen it yet."""
        waiting = self._out.get(frame.number)
        if waiting is None:
            return
        if waiting.done():
            waiting = self._out[frame.number] = asyncio.get_running_loop().create_future()
        waiting.set_result(frame)

    def _lose(self, why: str) -> None:
        self.why = self.why or why
        self.gone.set()
        for waiting in self._out.values():
            if not waiting.done():
                waiting.set_exception(ProcessEnded(sent=True))
        if not self._opening.done():
            self._opening.set_exception(ProcessEnded(sent=True))
            self._opening.exception()  # which is told to the caller of `open`, if there is one
