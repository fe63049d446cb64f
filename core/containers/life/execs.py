"""The further processes of a container, from their announcement until no client asks for their exit codes any more."""

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import anyio

from core.streams.hub import OutputHub
from sdk.drivers.runtime import RunningProcess
from sdk.engine.containers import ExecRequest

_REMEMBERED = 300.0
"""Seconds for which an exec that ended can be inspected, at the least."""


@dataclass(slots=True, eq=False)
class Exec:
    """A further process of a container. `exit_code` is None until it ended or failed to start."""

    id: str
    request: ExecRequest
    process: RunningProcess | None = None
    hub: OutputHub = field(default_factory=OutputHub)
    started: bool = False
    exit_code: int | None = None
    ready: anyio.Event = field(default_factory=anyio.Event)

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self.started and self.exit_code is None


@dataclass(slots=True, eq=False)
class Execs:
    """By ID; only these methods change it. `_ended` are those that came to an end, oldest first, with the monotonic time of that."""

    _by_id: dict[str, Exec] = field(default_factory=dict)
    _ended: deque[tuple[float, str]] = field(default_factory=deque)

    def __iter__(self) -> Iterator[Exec]:
        return iter(self._by_id.values())

    def get(self, exec_id: str) -> Exec | None:
        """Return an exec, None if there is none."""
        return self._by_id.get(exec_id)

    def add(self, execution: Exec) -> None:
        """Keep an exec to come, and forget those that ended a while ago: clients inspect one for its exit code, and then no more."""
        long_ago = time.monotonic() - _REMEMBERED
        while self._ended and self._ended[0][0] < long_ago:
            self._by_id.pop(self._ended.popleft()[1], None)
        self._by_id[execution.id] = execution

    def ended(self, execution: Exec, code: int) -> None:
        """Note the end of an exec, or that it could not be started."""
        execution.exit_code = code
        self._ended.append((time.monotonic(), execution.id))

    def drop_unstarted(self) -> None:
        """Forget those that were never started: their container has ended."""
        self._by_id = {key: execution for key, execution in self._by_id.items() if execution.started}
