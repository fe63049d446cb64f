"""One isolated driver for the life of the daemon: its calls go to the process there is, and one that ended is begun again.

What is said of a driver in a slot holds here too: the deadline is the slot's. A call that comes while there is no process waits for the
next one, for a while; one that was out is made again, once, if its method is idempotent.
"""

import asyncio
import logging
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import anyio

from core.config import ConfigurationError
from core.kernel.isolation.deaths import FAILED_PAUSE, TOO_MANY, WINDOW, Deaths
from core.kernel.isolation.standings import Standing
from core.sentences import sentence
from sdk.errors import SkipPlugin, Unavailable
from sdk.isolation.calling import Ears, ProcessEnded
from sdk.isolation.frames import Open, Refused, Why
from sdk.isolation.kinds import interfaces_named
from sdk.isolation.methods import Method
from sdk.isolation.process import PluginProcess
from sdk.isolation.proxies import proxy

OPENING_SECONDS = 30.0
RESYNCHRONISING_SECONDS = 300.0
PATIENCE = 5.0
"""Seconds that a call waits for the next process."""

PING_SECONDS = 10.0
PINGS = 3
"""With so many pings unanswered an event loop hangs."""

OVERDUE = 2
"""With calls that take twice their deadlines at so many pings in a row a driver hangs."""

_LAST_WORDS_SECONDS = 1.0

_log = logging.getLogger(__name__)

Resynchronise = Callable[[object], Awaitable[None]]
"""Brings a driver that was opened again in line with the engine's records."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is supervised. `name` is that of messages; `said` gets each line of the process' output; `hangs` tells whether calls take twice
    their deadlines."""

    name: str
    request: Open
    ears: Ears
    said: Callable[[str], None]
    hangs: Callable[[], bool]


class Supervisor:
    """Lives on the event loop. `changed` is called when the standing is another one."""

    def __init__(self, subject: Subject, resynchronise: Resynchronise, changed: Callable[[Standing], None]) -> None:
        self._subject = subject
        self._resynchronise = resynchronise
        self._tell = changed
        self._process: PluginProcess | None = None
        self._interfaces: tuple[type[object], ...] = ()
        self._began = 0.0
        self._deaths = Deaths()
        self._told: Standing | None = None
        self._closing = False
        self._changed = asyncio.Event()

    # For the kernel --------------------------------------------------------------------------------------------------

    async def start(self) -> object:
        """Begin the first process and return the driver. Raises SkipPlugin, ConfigurationError for a driver that cannot be isolated, and
        Unavailable for one that does not open."""
        self._process, self._interfaces = await self._begin()
        self._has_changed()
        return proxy(self, self._interfaces)

    async def keep(self) -> None:
        """Watch the process and begin another when it has ended, until the driver is closed."""
        while self._process is not None:
            how = await self._end_of(self._process)
            if self._closing:
                return
            self._died(how, time.monotonic() - self._began)
            while self._process is None:
                await self._again()

    async def close(self) -> None:
        """Have the driver closed; its calls are refused from now on."""
        self._closing = True
        if self._process is not None:
            await self._process.close()

    @property
    def complaint(self) -> str:
        """Return the sentence about a driver whose process ended lately; "" for one that is well."""
        now, deaths = time.monotonic(), self._deaths
        if self._has_failed:
            often = f"ended {TOO_MANY} times in {round(WINDOW / 60)} minutes, the last time {deaths.last}"
            how = deaths.last if deaths.unopened else often
            return f"{self._subject.name} has failed: its process {how}; it is tried again in {round(FAILED_PAUSE / 60)} minutes"
        if self._process is None:
            return f"{self._subject.name} does not run: its process {_was(deaths.last)}; it is begun again"
        recent = deaths.recent(now)
        if not recent:
            return ""
        times = "once" if recent == 1 else f"{recent} times"
        return f"the process of {self._subject.name} ended {times} within 2 minutes, the last time {deaths.last}; it runs again"

    @property
    def _has_failed(self) -> bool:
        return self._process is None and self._deaths.failed

    # For the proxy ---------------------------------------------------------------------------------------------------

    async def call(self, method: Method, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        """Call a method of the driver. Raises what it raises, and Unavailable where its process ends or there is none."""
        process = await self._running()
        try:
            return await process.caller.call(method, args, kwargs)
        except ProcessEnded as ended:
            if ended.sent and not method.idempotent:
                raise Unavailable(f"{self._subject.name} ended in {method.name}: {await self._how(process)}") from ended
        process = await self._running()
        try:
            return await process.caller.call(method, args, kwargs)
        except ProcessEnded as ended:
            raise Unavailable(f"{self._subject.name} ended in {method.name}: {await self._how(process)}") from ended

    async def _running(self) -> PluginProcess:
        """Return the process; where there is none wait for it. Raises Unavailable after a while, and at once for a driver that has failed."""
        with anyio.move_on_after(PATIENCE):
            while (process := self._process) is None or process.caller.gone.is_set():
                if self._closing or self._has_failed:
                    break
                await self._changed.wait()
            else:
                return process
        if self._closing or self._process is not None:
            raise Unavailable(f"{self._subject.name} does not run: it is {'closed' if self._closing else 'ending'}")
        raise Unavailable(self.complaint)

    async def _how(self, process: PluginProcess) -> str:
        with anyio.move_on_after(_LAST_WORDS_SECONDS):
            return _was(await process.ended())
        return "its process is gone"

    # From one process to the next ------------------------------------------------------------------------------------

    async def _begin(self) -> tuple[PluginProcess, tuple[type[object], ...]]:
        """Begin a process and have its driver opened. What does not open is ended."""
        subject = self._subject
        process = await PluginProcess.begin(subject.request.plugin, subject.name, subject.ears, subject.said)
        try:
            interfaces = await self._opened(process)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await process.close()
            raise
        self._began = time.monotonic()
        return process, interfaces

    async def _opened(self, process: PluginProcess) -> tuple[type[object], ...]:
        try:
            with anyio.fail_after(OPENING_SECONDS):
                answer = await process.caller.open(self._subject.request)
        except ProcessEnded:
            raise Unavailable(f"its process {_was(await process.ended())}") from None
        except TimeoutError:
            process.signal(signal.SIGKILL)
            raise Unavailable(f"its process did not open the driver in {OPENING_SECONDS:g} s") from None
        if isinstance(answer, Refused):
            raise self._refusal(answer)
        return interfaces_named(answer.interfaces, self._subject.request.kind)

    def _refusal(self, refused: Refused) -> Exception:
        if refused.why is Why.SKIP:
            return SkipPlugin(refused.reason)
        if refused.why is Why.UNSPEAKABLE:
            return ConfigurationError(f"{self._subject.name} cannot be isolated: {refused.reason}")
        return Unavailable(refused.reason)

    async def _end_of(self, process: PluginProcess) -> str:
        """Return how the process ended. One that cannot be watched is ended: its driver would never be begun again."""
        try:
            return await self._watched(process)
        except Exception as error:  # noqa: BLE001 whatever it is, a driver that is not watched is lost
            _log.exception("%s cannot be watched; its process is ended", self._subject.name)
            await process.kill()
            return f"ended, as it could not be watched: {sentence(error)}"

    async def _watched(self, process: PluginProcess) -> str:
        """Return how the process ended. One that hangs is ended, and shows where it hung."""
        overdue = 0
        while True:
            with anyio.move_on_after(PING_SECONDS):
                return await process.ended()
            self._tell_standing()
            overdue = overdue + 1 if self._subject.hangs() else 0
            if process.caller.unanswered_pings < PINGS and overdue < OVERDUE:
                process.caller.ping()
                continue
            why = "calls are long overdue" if overdue >= OVERDUE else "its event loop does not answer"
            _log.error("%s hangs: %s; its process is ended", self._subject.name, why)
            process.caller.why = f"it hung: {why}"
            process.signal(signal.SIGABRT)
            with anyio.move_on_after(_LAST_WORDS_SECONDS):
                return await process.ended()
            await process.kill()
            return await process.ended()

    def _died(self, how: str, ran: float | None) -> None:
        self._process = None
        self._deaths.add(time.monotonic(), how, ran=ran)
        self._has_changed()
        _log.error("%s", self.complaint)

    async def _again(self) -> None:
        """Begin a process after the pause that is due. One that does not open has ended, too."""
        await anyio.sleep(self._deaths.pause())
        try:
            process, interfaces = await self._begin()
        except Exception as error:  # noqa: BLE001 whatever it is, the next try may succeed
            self._died(f"did not open the driver: {sentence(error)}", None)
            return
        if interfaces != self._interfaces:
            await process.close()
            self._died("opened a driver of other interfaces", None)
            return
        self._deaths.opened()
        try:
            await self._in_line(process)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await process.close()
            raise
        self._process = process
        self._has_changed()
        _log.warning("%s runs again, as process %d", self._subject.name, process.pid)

    async def _in_line(self, process: PluginProcess) -> None:
        """Bring the driver in line before the engine's calls get through to it. What fails is logged: it is as it would be after a boot."""
        limit = asyncio.get_running_loop().call_later(RESYNCHRONISING_SECONDS, process.signal, signal.SIGKILL)
        try:
            await self._resynchronise(proxy(process.caller, self._interfaces))
        except Exception:  # noqa: BLE001 whatever it is, a driver that is out of line serves better than none
            _log.exception("%s could not be brought in line", self._subject.name)
        finally:
            limit.cancel()

    def _has_changed(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
        self._tell_standing()

    def _tell_standing(self) -> None:
        """Tell how the driver is where that is something else than what was told: a complaint passes with time."""
        pid = self._process.pid if self._process else 0
        standing = Standing(pid, self._deaths.total, self._deaths.last, self.complaint, failed=self._has_failed)
        if standing != self._told:
            self._told = standing
            self._tell(standing)


def _was(how: str) -> str:
    return f"was {how}" if how.startswith("killed") else how
