"""One authorizer's decisions: each comes by its deadline, or the request is refused, whatever the authorizer does.

A decision is made in a task of its own. When its time is over, or the client has left, the authorizer is asked to stop. One that does not (a
thread in a hanging system call hears nothing) is left alone: the request is refused, and what it says in the end changes nothing.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

import anyio

from core.daemon.authorization.refused import Refused, failed
from core.sentences import sentence
from core.waiting import ended
from sdk.drivers.authorizer import Authorizer
from sdk.errors import EngineError, PermissionDenied

Ask = Callable[[], Awaitable[object]]

STUCK_AT = 4
"""With so many overdue decisions an authorizer is not asked any more, until they have ended: it would take all of the daemon's threads."""

UNDER_WAY = 16
"""So many decisions an authorizer makes at once, those that are overdue included: others wait for one to end, as each may take a thread."""

_FORBIDDEN = 403

_GRACE_SECONDS = 1.0
"""So long an authorizer that is asked to stop may take to tidy up."""

_log = logging.getLogger(__name__)


class Asking:
    """Asks one authorizer, and knows which of its decisions are overdue."""

    def __init__(self, name: str, authorizer: Authorizer) -> None:
        self.name, self.authorizer = name, authorizer
        self._overdue: set[asyncio.Task[None]] = set()
        self._places = anyio.Semaphore(UNDER_WAY, fast_acquire=True)

    async def decide(self, ask: Ask) -> None:
        """Return if the authorizer allows. Raises Refused if it does not, fails, or does not answer in time."""
        if len(self._overdue) >= STUCK_AT:
            raise failed(self.name, self._complaint)
        try:
            seconds = float(self.authorizer.deadline)
        except (Exception, SystemExit) as error:
            raise self._unforeseen(error) from error
        due = time.monotonic() + seconds
        with anyio.move_on_after(seconds) as waiting:
            await self._places.acquire()
        if waiting.cancelled_caught:
            raise failed(self.name, "no answer in time")
        scope = anyio.CancelScope()
        task = asyncio.get_running_loop().create_task(self._decision(scope, ask))
        task.add_done_callback(self._leave)
        try:
            await ended(task, due - time.monotonic())
            if not task.done() or task.cancelled():
                raise failed(self.name, "no answer in time")
            task.result()
        finally:
            if not task.done():
                with anyio.CancelScope(shield=True):
                    await self._stop(scope, task)

    @property
    def _complaint(self) -> str:
        decisions = "1 decision is" if len(self._overdue) == 1 else f"{len(self._overdue)} decisions are"
        return f"it does not answer: {decisions} overdue"

    async def _decision(self, scope: anyio.CancelScope, ask: Ask) -> None:
        """Be the task of a decision. It is cancelled by an anyio scope, as authorizers shield by such scopes what they must finish."""
        with scope:
            try:
                _check(await ask())
            except PermissionDenied as denied:
                raise Refused(_FORBIDDEN, f"authorization denied by plugin {self.name}: {denied.message}") from denied
            except TimeoutError as error:
                raise failed(self.name, "no answer in time") from error
            except EngineError as error:
                raise failed(self.name, error.message) from error
            except (Exception, SystemExit) as error:
                raise self._unforeseen(error) from error
            return
        raise asyncio.CancelledError

    def _unforeseen(self, error: BaseException) -> Refused:
        _log.error("authorizer %s: %s", self.name, sentence(error), exc_info=error)
        return failed(self.name, "an unforeseen error, which the daemon has logged")

    async def _stop(self, scope: anyio.CancelScope, task: "asyncio.Task[None]") -> None:
        """Ask the authorizer to stop; a decision that has not ended in a moment is overdue."""
        began = time.monotonic()
        scope.cancel()
        await ended(task, _GRACE_SECONDS)
        if not task.done():
            self._overdue.add(task)
            _log.error("authorizer %s: %s", self.name, self._complaint)
            task.add_done_callback(lambda task: self._ended_late(task, began))

    def _leave(self, task: "asyncio.Task[None]") -> None:
        """Take what a task ended with, so that it does not count as never looked at, and let the next decision begin."""
        if not task.cancelled():
            task.exception()
        self._places.release()

    def _ended_late(self, task: "asyncio.Task[None]", began: float) -> None:
        self._overdue.discard(task)
        _log.warning("authorizer %s has ended a decision %.0f s after its deadline", self.name, time.monotonic() - began)


def _check(returned: object) -> None:
    """Raise TypeError for a value that an authorizer returned: one that means to say no by it would otherwise say yes."""
    if returned is not None:
        raise TypeError(f"it returned {type(returned).__name__}, not None")
