"""Work of the engine that outlives the request which began it."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVarTuple

from anyio.abc import TaskGroup

from sdk.tracing import apart

Args = TypeVarTuple("Args")

_log = logging.getLogger(__name__)


class Background:
    """Tasks that live as long as the engine. One that fails is logged and ends alone: a daemon watches many containers."""

    def __init__(self, tasks: TaskGroup) -> None:
        self._tasks = tasks

    def start(self, what: str, work: Callable[[*Args], Awaitable[object]], *args: *Args) -> None:
        """Begin a piece of work; `what` names it in the log should it fail. Returns at once."""
        with apart():
            self._tasks.start_soon(_guarded, what, work, args)


async def _guarded(what: str, work: Callable[[*Args], Awaitable[object]], args: tuple[*Args]) -> None:
    try:
        await work(*args)
    except Exception:  # noqa: BLE001 whatever it is, it must not take the others along
        _log.exception("%s failed", what)
