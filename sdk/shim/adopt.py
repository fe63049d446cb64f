"""Find the process of an earlier daemon again, by its state file."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from sdk.linux.pidfd import await_end, send_signal, take_descriptor
from sdk.shim import layout
from sdk.shim.process import Supervised
from sdk.shim.state import StateFile
from sdk.shim.streams import Streams, recover_streams
from sdk.shim.supervision import Shim, find_shim

_PATIENCE = 5
"""Seconds for a killed process to be seen to end."""


def adopt(state_path: Path) -> Supervised | None:
    """Take over a process whose shim lingers. None if there is no trace of a process. Blocks shortly.

    A shim that was killed in the middle of a start is ended here.
    """
    state = StateFile.open(state_path)
    if state is None:
        return None
    shim = find_shim(state)
    if state.pid <= 0 or state.failure:
        if shim:
            shim.end()
        state.close()
        return None
    adopted = _running(state, shim) if shim else Supervised(state, Streams())
    state.forget_file()
    return adopted


def abandon(state_path: Path) -> None:
    """Kill a process and then its shim, the process' parent, which so can see its end. Blocks shortly; idempotent."""
    supervised = adopt(state_path)
    if supervised is None:
        return
    if supervised.process is not None:
        send_signal(supervised.process, signal.SIGKILL)
        await_end(supervised.ended, _PATIENCE)
    supervised.close()


def _running(state: StateFile, shim: Shim) -> Supervised:
    adopted = Supervised(state, recover_streams(shim.pidfd), shim, ended=_open_ended(shim))
    with suppress(OSError):  # the shim was killed this very moment
        adopted.process = take_descriptor(shim.pidfd, layout.PROCESS_FD)
    return adopted


def _open_ended(shim: Shim) -> int:
    """Return the read end of the pipe that tells of the end; if the shim has closed its end, one that tells so at once."""
    try:
        return os.open(f"/proc/{shim.pid}/fd/{layout.EXITED_FD}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        read_end, write_end = os.pipe()
        os.close(write_end)
        return read_end
