"""The plugin's side of a connection: it opens the driver, serves its methods, and ends with the daemon."""

import asyncio
import gc
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

import anyio

from sdk.errors import SkipPlugin, Unavailable
from sdk.isolation.channel import Channel
from sdk.isolation.faults import pack_fault
from sdk.isolation.frames import (
    Call,
    Cancel,
    Cancelled,
    FromDaemon,
    FromPlugin,
    Logged,
    Open,
    Ping,
    Pong,
    Raised,
    Ready,
    Refused,
    Returned,
    Why,
    from_daemon,
)
from sdk.isolation.kinds import INTERFACES, interfaces_of
from sdk.isolation.methods import Method, methods_of
from sdk.isolation.shapes import Unspeakable
from sdk.version import asynchronous

_CLOSING_SECONDS = 3.0
"""So long calls that are under way may take when the process is to end."""

_TIDYING_SECONDS = 1.0
"""So long those may take to tidy up that are cancelled then."""

_log = logging.getLogger(__name__)

OpenDriver = Callable[[Open], AbstractAsyncContextManager[object]]


class Served:
    """The connection to the daemon. Lives on the event loop, but `tell` is for any thread."""

    def __init__(self) -> None:
        self.channel: Channel[FromDaemon] = Channel(from_daemon, self._hear, self._lose)
        self._loop = asyncio.get_running_loop()
        self._asked: asyncio.Future[Open] = self._loop.create_future()
        self._end = asyncio.Event()
        self._opening = anyio.CancelScope()
        self._is_open = False
        self._driver: object = None
        self._methods: Mapping[str, Method] = {}
        self._running: dict[int, anyio.CancelScope] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._untold = 0

    async def asked(self) -> Open:
        """Return the first frame. Raises EOFError where none comes."""
        return await self._asked

    def tell(self, frame: FromPlugin) -> None:
        """Send something from any thread. It is dropped and counted while the daemon does not read, as what cannot be sent is."""
        self._loop.call_soon_threadsafe(self._tell, frame)

    async def serve(self, request: Open, opened: AbstractAsyncContextManager[object]) -> None:
        """Open the driver, serve it until the daemon says that it is enough or is gone, and close it. Opening is cancelled by that."""
        try:
            with self._opening:
                async with opened as driver:
                    self._is_open = True
                    self._take(driver, request.kind)
                    await self._end.wait()
                    with anyio.CancelScope(shield=True):
                        await self._finish()
        except SkipPlugin as reason:
            self.channel.urge(Refused(str(reason), Why.SKIP))
        except Unspeakable as error:
            self.channel.urge(Refused(str(error), Why.UNSPEAKABLE))
        except (Exception, SystemExit) as error:  # noqa: BLE001 a driver may raise anything, even an exit
            _log.debug("the driver did not open, or could not go on", exc_info=error)
            self.channel.urge(Refused(_sentence(error), Why.BROKEN))
        finally:
            self.channel.close()

    def _tell(self, frame: FromPlugin) -> None:
        """Raise nothing: what the event loop logs of it would be told, and raise again."""
        if self.channel.is_full:
            self._untold += 1
            return
        try:
            if untold := self._untold:
                self._untold = 0
                self.channel.send(Logged(logging.WARNING, f"{untold} records and events could not be told to the daemon"))
            self.channel.send(frame)
        except (ValueError, TypeError, OverflowError, Unavailable):
            self._untold += 1

    def _take(self, driver: object, kind: str) -> None:
        if not isinstance(driver, INTERFACES[kind]):
            raise TypeError(f"the plugin opened a {type(driver).__name__}, not a {INTERFACES[kind].__name__}")
        interfaces = interfaces_of(driver, kind)
        self._methods = methods_of(interfaces)
        self._driver = driver
        gc.collect()
        gc.freeze()  # what is there now stays, and need not be looked through again and again
        self.channel.urge(Ready(tuple(each.__name__ for each in interfaces)))

    async def _finish(self) -> None:
        """Let calls that are under way end, for a while; then cancel them."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_CLOSING_SECONDS)
        for scope in self._running.values():
            scope.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_TIDYING_SECONDS)

    def _hear(self, frame: FromDaemon) -> None:
        if isinstance(frame, Call):
            self._running[frame.number] = anyio.CancelScope()  # at once: a cancellation may come with the call
            task = self._loop.create_task(self._answer(frame))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif isinstance(frame, Cancel):
            if scope := self._running.get(frame.number):
                scope.cancel()
        elif isinstance(frame, Ping):
            self.channel.urge(Pong())
        elif isinstance(frame, Open):
            self._asked.set_result(frame)
        else:
            self._be_done()

    def _be_done(self) -> None:
        self._end.set()
        if not self._is_open:
            self._opening.cancel()

    def _lose(self, _why: str) -> None:
        self._be_done()
        if not self._asked.done():
            self._asked.set_exception(EOFError("the daemon is gone"))

    async def _answer(self, call: Call) -> None:
        """Be the task of a call. It is cancelled by an anyio scope, as drivers shield by such scopes what they must finish."""
        scope = self._running[call.number]
        answer: FromPlugin = Cancelled(call.number)
        try:
            with scope:
                answer = await self._done(call, scope)
        finally:
            del self._running[call.number]
        await self.channel.room()
        try:
            self.channel.send(answer)
        except Exception as error:  # noqa: BLE001 whatever a driver returned, its caller waits for an answer
            self.channel.urge(Raised(call.number, "", f"what the driver returned: {error}"))

    async def _done(self, call: Call, scope: anyio.CancelScope) -> FromPlugin:
        try:
            method = self._methods[call.method]
            args, kwargs = method.unpack_arguments(call.arguments)
            function = asynchronous(call.method, getattr(self._driver, call.method))
            return Returned(call.number, method.pack_result(await function(*args, **kwargs)))
        except asyncio.CancelledError:
            if scope.cancel_called:
                raise
            return Raised(call.number, "", "the driver cancelled itself")
        except (Exception, SystemExit) as error:  # noqa: BLE001 a driver may raise anything, even an exit
            _log.debug("%s raised an error", call.method, exc_info=error)
            return pack_fault(call.number, error)


def _sentence(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup) and error.exceptions:
        return _sentence(error.exceptions[0])
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
