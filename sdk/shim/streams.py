"""The standard streams of a process made by a shim: the process' ends, the daemon's ends, and the copies the shim keeps."""

import os
import socket
import stat
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from sdk.drivers.runtime import ProcessIO
from sdk.linux.pidfd import take_descriptor
from sdk.shim import layout
from sdk.shim.parking import Parking, is_terminal, park, parking_place


@dataclass(slots=True)
class Streams:
    """The daemon's ends. With a terminal `stdout` is its master side, and the master is what is parked.
    `stdout` and `stderr` are descriptors.
    """

    stdout: int | None = None
    stderr: int | None = None
    parking: Parking | None = None
    terminal: bool = False

    def close(self) -> None:
        """Close them; idempotent."""
        for descriptor in (self.stdout, self.stderr):
            if descriptor is not None:
                os.close(descriptor)
        if self.parking:
            self.parking.close()
        self.stdout = self.stderr = self.parking = None

    def find_terminal(self) -> None:
        """Pick up the terminal that the process parked. Raises OSError if it is not one."""
        master = self.parking.peek() if self.parking else None
        if master is None or not is_terminal(master):
            if master is not None:
                os.close(master)
            raise OSError("what came back as the terminal is none")
        os.set_blocking(master, False)
        self.stdout, self.terminal = master, True


def open_streams(io: ProcessIO, shims: ExitStack) -> tuple[Streams, dict[int, int]]:
    """Make the streams; also return the shim's descriptors by number. `shims` closes those that only the shim needs."""
    streams = Streams()
    try:
        descriptors = _open_terminal(streams, shims) if io.terminal else _open_pipes(io, streams, shims)
    except BaseException:
        streams.close()
        raise
    return streams, descriptors


def _open_terminal(streams: Streams, shims: ExitStack) -> dict[int, int]:
    sender, streams.parking = parking_place()
    shims.enter_context(sender)
    null = _open_null(shims)
    return {0: null, 1: null, 2: null, layout.PARKING_FD: streams.parking.fileno(), layout.PARKING_ENTRY_FD: sender.fileno()}


def _open_pipes(io: ProcessIO, streams: Streams, shims: ExitStack) -> dict[int, int]:
    descriptors = {}
    null = None if io.stdin and io.stdout and io.stderr else _open_null(shims)
    if io.stdin:
        descriptors[0], streams.parking = _open_stdin(shims)
        descriptors[layout.PARKING_FD] = streams.parking.fileno()
    if io.stdout:
        streams.stdout, descriptors[1] = _open_output(shims)
        descriptors[layout.STDOUT_FD] = streams.stdout
    if io.stderr:
        streams.stderr, descriptors[2] = _open_output(shims)
        descriptors[layout.STDERR_FD] = streams.stderr
    if null is not None:
        descriptors |= {number: null for number in (0, 1, 2) if number not in descriptors}
    return descriptors


def _open_stdin(shims: ExitStack) -> tuple[int, Parking]:
    read_end, write_end = os.pipe()
    shims.callback(os.close, read_end)
    sender, parking = parking_place()
    with sender:
        park(sender, write_end)
    os.close(write_end)
    return read_end, parking


def _open_output(shims: ExitStack) -> tuple[int, int]:
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    shims.callback(os.close, write_end)
    return read_end, write_end


def _open_null(shims: ExitStack) -> int:
    descriptor = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    shims.callback(os.close, descriptor)
    return descriptor


def recover_streams(shim: int) -> Streams:
    """Take the streams of a running shim (a pidfd) back from it."""
    streams = Streams(stdout=_recover(shim, layout.STDOUT_FD), stderr=_recover(shim, layout.STDERR_FD))
    parked = _recover(shim, layout.PARKING_FD)
    if parked is not None and not stat.S_ISSOCK(os.fstat(parked).st_mode):
        os.close(parked)  # without stdin the number is free, and the kernel gave it to the pidfd of the process
    elif parked is not None:
        streams.parking = Parking(socket.socket(fileno=parked))
        if streams.stdout is None and streams.stderr is None:
            with suppress(OSError):  # a process without any output but with stdin
                streams.find_terminal()
    return streams


def _recover(shim: int, number: int) -> int | None:
    try:
        return take_descriptor(shim, number)
    except OSError:
        return None
