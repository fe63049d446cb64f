"""How the isolated drivers of a daemon are, for commands beside it: a file each below the exec root, as long as the driver is open."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from sdk.linux.atomic import replace_file
from sdk.providers import Kind, PluginContext

_ROOM = "isolation"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a driver is: its process, none while it has none; how often that ended, and how the last time."""

    pid: int
    ends: int = 0
    last: str = ""
    complaint: str = ""
    failed: bool = False


class KeptStanding(msgspec.Struct, frozen=True):
    """A driver's standing, and the daemon that keeps it."""

    plugin: str
    kind: str
    daemon: int
    standing: Standing


@contextmanager
def keep_standing(exec_root: Path, context: PluginContext, kind: Kind) -> Iterator[Callable[[Standing], None]]:
    """Give a function that keeps a driver's standing for others to read, until the block ends. What cannot be kept is logged."""
    path = exec_root / _ROOM / f"{context.name}.{kind}.json"

    def keep(standing: Standing) -> None:
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            replace_file(path, msgspec.json.encode(KeptStanding(context.name, kind.value, os.getpid(), standing)))
        except OSError as error:
            context.log.warning("how the driver is cannot be kept: %s", error)

    try:
        yield keep
    finally:
        with suppress(OSError):
            path.unlink()


def read_standings(exec_root: Path) -> list[KeptStanding]:
    """Return how the isolated drivers are of the daemon that runs on an exec root; none where none does, or the caller may not know."""
    found = []
    with suppress(OSError):
        for path in sorted((exec_root / _ROOM).glob("*.json")):
            with suppress(OSError, msgspec.DecodeError):
                found.append(msgspec.json.decode(path.read_bytes(), type=KeptStanding))
    return [each for each in found if _lives(each.daemon)]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
