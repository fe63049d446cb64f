"""Start an executor without ever running Python between fork and exec."""

import fcntl
import os
import platform
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from sdk.errors import SkipPlugin
from sdk.shim import layout

_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
_MFD_EXEC = 0x10
_TARGETS = range(layout.PLAN_FD, layout.HIGHEST_FD + 1)
_DEFAULTED = sorted(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP})


@dataclass(frozen=True, slots=True)
class Executor:
    """A program that carries out plans: its path and the arguments that come before a shim's title.
    `descriptor`, if any, is the program's, to be executed instead of the path.
    """

    name: str
    path: str
    arguments: tuple[str, ...] = ()
    descriptor: int | None = None

    def close(self) -> None:
        """Give up the program's descriptor, if it has one; running shims do not notice."""
        if self.descriptor is not None:
            os.close(self.descriptor)


def sysrun(machine: str = platform.machine()) -> Executor | None:
    """Return the executor in machine code, in a sealed file that no path leads to; None if there is none for this machine."""
    blob = files(__package__).joinpath("blobs", f"sysrun-{machine}")
    if not blob.is_file():
        return None
    descriptor = _sealed(blob.read_bytes())
    return Executor("sysrun", f"/proc/self/fd/{descriptor}", descriptor=descriptor)


def python_executor() -> Executor:
    """Return the executor in Python: slower, and a shim of several megabytes."""
    interpreter: str = getattr(sys, "_base_executable", sys.executable)
    return Executor("python", interpreter, (interpreter, "-I", "-S", str(Path(__file__).with_name("executor.py"))))


def choose_executor(name: str) -> Executor:
    """Return the executor `sysrun` or `python`, for `auto` the best there is. Raises SkipPlugin where it is not to be had."""
    executor = None if name == "python" else sysrun()
    if executor is None and name == "sysrun":
        raise SkipPlugin(f"there is no sysrun for {platform.machine()}: set executor to python")
    return executor or python_executor()


def _sealed(content: bytes) -> int:
    descriptor = _memfd()
    try:
        os.write(descriptor, content)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
        return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, layout.HIGHEST_FD + 1)
    finally:
        os.close(descriptor)


def _memfd() -> int:
    flags = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
    try:
        return os.memfd_create("sysrun", flags | _MFD_EXEC)
    except OSError:  # kernels before 6.3 do not know the flag, and need it as little
        return os.memfd_create("sysrun", flags)


def spawn(executor: Executor, descriptors: Mapping[int, int], title: Sequence[str]) -> int:
    """Start the executor with `descriptors` (number in the shim: number here) and nothing else; return its pid.

    Signals are at their defaults and unblocked, the environment is empty. `title` is what `ps` shows of it.
    """
    with ExitStack() as copies:
        actions: list[tuple[int, ...]] = [(os.POSIX_SPAWN_CLOSE, target) for target in _TARGETS if target not in descriptors]
        for target, descriptor in descriptors.items():
            actions.append((os.POSIX_SPAWN_DUP2, _out_of_the_way(descriptor, copies), target))
        return os.posix_spawn(
            executor.path, [*executor.arguments, *title], {}, file_actions=actions, setsigmask=(), setsigdef=_DEFAULTED
        )


def _out_of_the_way(descriptor: int, copies: ExitStack) -> int:
    """Return the descriptor, or a copy of it that no dup2 of the same spawn overwrites before its turn."""
    if descriptor > layout.HIGHEST_FD:
        return descriptor
    copy = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, layout.HIGHEST_FD + 1)
    copies.callback(os.close, copy)
    return copy
