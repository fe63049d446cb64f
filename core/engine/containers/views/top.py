"""`docker top`: a container's processes, by the machine's ps(1)."""

import os
import shutil

import anyio

from core.containers.life.live import LiveContainer
from core.engine.containers.announce import announce
from core.engine.context import EngineContext
from sdk.engine.containers import ContainerState, ProcessTable
from sdk.errors import Conflict, InvalidArgument, NotRunning, Unavailable
from sdk.text import lines

_DEFAULT = "-ef"


async def top(context: EngineContext, live: LiveContainer, ps_args: str) -> ProcessTable:
    """Run ps and keep the container's rows. Raises NotRunning, InvalidArgument (ps refuses, or prints no PID), Unavailable (no ps)."""
    if live.run.task is None:
        raise NotRunning(live.id)
    if live.record.state is ContainerState.RESTARTING:
        raise Conflict(f"Container {live.id} is restarting, wait until the container is running")
    if shutil.which("ps") is None:
        raise Unavailable("ps is not installed on this machine (Debian: procps), so processes cannot be listed")
    pids = await live.run.task.pids()
    # A terminal's width in the daemon's environment would cut the rows.
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    completed = await anyio.run_process(["ps", *(ps_args or _DEFAULT).split()], check=False, env=environment)
    if completed.returncode:
        raise InvalidArgument(f"ps: {completed.stderr.decode(errors='replace').strip()}")
    table = select(completed.stdout.decode(errors="replace"), frozenset(pids))
    announce(context, live, "top")
    return table


def select(output: str, pids: frozenset[int]) -> ProcessTable:
    """Return the rows of a ps listing that belong to `pids`; the last column may contain spaces. Raises InvalidArgument without a PID column."""
    titles = tuple(output.partition("\n")[0].split())
    if "PID" not in titles:
        raise InvalidArgument("Couldn't find PID field in ps output")
    column = titles.index("PID")
    rows = (tuple(line.split(None, len(titles) - 1)) for line in lines(output)[1:])
    return ProcessTable(
        titles, tuple(row for row in rows if len(row) > column and row[column].isdecimal() and int(row[column]) in pids)
    )
