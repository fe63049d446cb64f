"""Start a shim that runs the binary, and hand it the process to supervise (plans.py tells the shim's side)."""

import fcntl
import os
import socket
import struct
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from plugins.runtime_oci.console import ConsoleSocket
from plugins.runtime_oci.plans import PROCESS_FD, RELEASE_FD
from sdk.drivers.runtime import ProcessIO
from sdk.linux.pidfd import take_descriptor
from sdk.shim import layout
from sdk.shim.launch import open_ended
from sdk.shim.parking import park
from sdk.shim.plan import Plan
from sdk.shim.process import Supervised
from sdk.shim.spawn import Executor, spawn
from sdk.shim.state import StateFile
from sdk.shim.streams import open_streams
from sdk.shim.supervision import Shim

_F_SETOWN = 8


class BinaryFailed(Exception):
    """The binary made nothing (its log says why), or the shim could not run it (the message says why). Nothing is left of the shim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What to launch. Without a `state_path` the state is in memory and the process cannot be adopted later."""

    plan: Plan
    io: ProcessIO
    title: Sequence[str]
    pid_file: Path
    console: ConsoleSocket | None = None
    state_path: Path | None = None
    linger: bool = False


def launch(executor: Executor, request: Launch) -> Supervised:
    """Start the shim and return when it supervises what the binary made. Blocks. Raises BinaryFailed, OSError."""
    with ExitStack() as undo:
        state = StateFile.create(request.plan.assemble(), request.state_path)
        undo.callback(state.close)
        with ExitStack() as shims:
            streams, descriptors = open_streams(request.io, shims)
            undo.callback(streams.close)
            ended = open_ended(descriptors, shims, undo) if request.linger else -1
            link = _Link(shims)
            shim = _spawn(executor, request, {layout.PLAN_FD: state.descriptor, **descriptors, **link.descriptors})
            undo.callback(shim.end)
            if not link.made():
                raise BinaryFailed(_complaint(request.plan, state))
            if request.console:
                _park_terminal(request.console, descriptors[layout.PARKING_ENTRY_FD])
            link.release(int(request.pid_file.read_text()))
        if request.console:
            streams.find_terminal()
        state.forget_file()
        undo.pop_all()
        return Supervised(state, streams, shim, _process(shim), ended)


def abandon(made: Supervised) -> None:
    """End the shim of a process that the daemon does not want any more, and close what belongs to it."""
    if made.shim:
        made.shim.end()
    made.streams.close()
    made.state.close()
    for descriptor in (made.process, made.ended):
        if descriptor is not None and descriptor >= 0:
            os.close(descriptor)


class _Link:
    """The two pipes between daemon and shim: one says how far it is, the other which process is its."""

    def __init__(self, shims: ExitStack) -> None:
        self._ready, self._ready_end = os.pipe()
        self._release_end, self._release = os.pipe()
        self.descriptors = {layout.READY_FD: self._ready_end, RELEASE_FD: self._release_end}
        for descriptor in (self._ready, self._release_end, self._release):
            shims.callback(os.close, descriptor)

    def made(self) -> bool:
        """Wait until the binary is done; tell whether it succeeded."""
        os.close(self._ready_end)
        return bool(os.read(self._ready, 1))

    def release(self, pid: int) -> None:
        """Give the shim its process, and wait until it has it."""
        fcntl.fcntl(self._release_end, _F_SETOWN, pid)
        os.write(self._release, struct.pack("=ii", pid, PROCESS_FD))
        os.read(self._ready, 1)


def _spawn(executor: Executor, request: Launch, descriptors: dict[int, int]) -> Shim:
    pid = spawn(executor, descriptors, request.title)
    return Shim(pid, os.pidfd_open(pid))


def _complaint(plan: Plan, state: StateFile) -> str:
    if (failure := state.failure) is None:
        return "the supervisor was killed"
    index, error = failure
    operation = plan.operations[min(index, len(plan.operations) - 1)]
    return (operation.complaint or f"{operation.syscall} ({operation.reason}): {{error}}").format(error=os.strerror(error).lower())


def _park_terminal(console: ConsoleSocket, entry: int) -> None:
    master = console.receive()
    try:
        with socket.socket(fileno=os.dup(entry)) as sender:
            park(sender, master)
    finally:
        os.close(master)


def _process(shim: Shim) -> int | None:
    try:
        return take_descriptor(shim.pidfd, PROCESS_FD)
    except OSError:  # a shim that does not linger has seen its process end and is gone
        return None
