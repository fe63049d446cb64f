"""The end of a process, awaited by way of a runtime that may fail to tell it."""

import logging
import time
from itertools import chain, repeat
from pathlib import Path

import anyio

from sdk.drivers.runtime import ExitStatus, RunningProcess
from sdk.errors import EngineError

LOST = 255
"""The exit code of a process that is gone and whose own code cannot be learned, as dockerd has it."""

_ASKED_AGAIN = (0.1, 1.0, 10.0)
"""Seconds after which a runtime that could not tell a process' end is asked again; the last one over and over."""

_log = logging.getLogger(__name__)


async def exit_status(what: str, process: RunningProcess) -> ExitStatus:
    """Await the end of a process; `what` names it in the log.

    A runtime that fails to tell it is asked again as long as the process is there; a process that is gone has ended as LOST.
    """
    for seconds in chain(_ASKED_AGAIN, repeat(_ASKED_AGAIN[-1])):
        try:
            return await process.wait()
        except EngineError as error:
            _log.error("%s: its end cannot be awaited: %s", what, error)
        await anyio.sleep(seconds)
        if not Path(f"/proc/{process.pid}").exists():
            break
    return ExitStatus(LOST, time.time_ns())
