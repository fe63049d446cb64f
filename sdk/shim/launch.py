"""Start a shim with a plan, and wait until its process runs."""

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from sdk.drivers.runtime import ProcessIO
from sdk.linux.pidfd import take_descriptor
from sdk.shim import layout
from sdk.shim.plan import Operation, Program
from sdk.shim.process import Supervised
from sdk.shim.spawn import Executor, spawn
from sdk.shim.state import StateFile
from sdk.shim.streams import Streams, open_streams
from sdk.shim.supervision import Shim
from sdk.tracing import note


class PlanFailed(Exception):
    """An operation of a plan failed with `errno`; its process never ran. Nothing is left of the shim."""

    def __init__(self, operation: Operation, errno: int) -> None:
        super().__init__(f"{operation.reason}: {operation.syscall}: {os.strerror(errno)}")
        self.operation = operation
        self.errno = errno


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What to launch. Without a `state_path` the state is kept in memory, and the process cannot be adopted later.

    `linger` must be what the plan was supervised with. `descriptors` are further ones the plan expects, by number there. `marks` say what ends at
    each mark of a timed plan, and then what ends with the start: they become spans of the request's trace.
    """

    plan: Program
    io: ProcessIO
    title: Sequence[str]
    state_path: Path | None = None
    linger: bool = False
    descriptors: Mapping[int, int] = field(default_factory=dict)
    marks: Sequence[str] = ()


def launch(executor: Executor, request: Launch) -> Supervised:
    """Start the shim and return once execve has succeeded. Blocks. Raises PlanFailed, OSError; nothing is left then."""
    with ExitStack() as undo:
        state = StateFile.create(request.plan.assemble(), request.state_path)
        undo.callback(state.close)
        began = time.time_ns()
        shim, streams, ended = _spawn(executor, request, state, undo)
        _check(request.plan, state)
        if request.marks:
            _tell(request.marks, [began, *state.marks(len(request.marks) - 1), time.time_ns()])
        if streams.parking and request.io.terminal:
            streams.find_terminal()
        state.forget_file()
        undo.pop_all()
        return Supervised(state, streams, shim, _process_of(shim), ended)


def _tell(marks: Sequence[str], moments: Sequence[int]) -> None:
    """Add what ended at each mark to the trace, unless the moments cannot be true."""
    if list(moments) == sorted(moments):
        for name, (start, end) in zip(marks, pairwise(moments), strict=True):
            note(name, start, end)


def _spawn(executor: Executor, request: Launch, state: StateFile, undo: ExitStack) -> tuple[Shim, Streams, int]:
    """Start the shim and return when its process runs or has failed; `undo` ends it again."""
    with ExitStack() as shims:
        streams, descriptors = open_streams(request.io, shims)
        undo.callback(streams.close)
        ended = open_ended(descriptors, shims, undo) if request.linger else -1
        ready, descriptors[layout.READY_FD] = os.pipe()
        shims.callback(os.close, descriptors[layout.READY_FD])
        with open(ready, "rb", buffering=0) as ready_file:
            descriptors |= {layout.PLAN_FD: state.descriptor, **request.descriptors}
            pid = spawn(executor, descriptors, request.title)
            shim = Shim(pid, os.pidfd_open(pid))
            undo.callback(shim.end)
            shims.close()
            ready_file.read(1)
    return shim, streams, ended


def open_ended(descriptors: dict[int, int], shims: ExitStack, undo: ExitStack) -> int:
    """Give a lingering shim the pipe by whose end it tells that its process has ended; return the daemon's side."""
    read_end, write_end = os.pipe()
    shims.callback(os.close, write_end)
    undo.callback(os.close, read_end)
    descriptors[layout.EXITED_FD] = write_end
    return read_end


def _check(plan: Program, state: StateFile) -> None:
    if failure := state.failure:
        index, errno = failure
        if index >= len(plan.operations):
            raise OSError("the process told of a failure that cannot be")
        raise PlanFailed(plan.operations[index], errno)
    if state.pid == 0:
        raise OSError("the supervisor ended before it made a process")


def _process_of(shim: Shim) -> int | None:
    try:
        return take_descriptor(shim.pidfd, layout.PROCESS_FD)
    except OSError:  # the shim has seen its process end and is gone already
        return None
