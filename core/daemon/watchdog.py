"""A watch over the event loop: one callback that holds it for over a second is named in the log, with where it stands.

A thread looks a few times a second whether the loop runs Python at all. If so it asks for a beat (`call_soon_threadsafe`) and samples
what runs until the beat comes. Only what the callback itself uses counts: processor time of the loop's thread, and time in which the
thread slept at one place. Waiting for a processor, or for Python's lock, is the machine's doing and counts for nothing.
"""

import asyncio
import ctypes
import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType

HELD = "held the event loop"
"""Stands in every warning of this watch; the project's own tests look for it."""

_LOOK_SECONDS = 0.25
_SAMPLE_SECONDS = 0.1
_LIMIT_SECONDS = 1.0
_NS = 10**9
_AWAKE_NS = 200_000
"""Processor time within a sample that shows that the thread did not sleep all the while."""

_LATE = 3.0
"""So many times later than planned: the watch itself got no processor, and what it did not see does not count."""

_DISK = 0.1
"""What a second in uninterruptible sleep counts: a disk that is slow for a moment is not the callback's fault, one that hangs is told."""

_FUTEX = "202" if os.uname().machine == "x86_64" else "98"
_RUNTIME = ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, "_PyRuntime"))
_RUNTIME_BYTES = 1 << 20
"""Where the interpreter keeps its lock, the GIL, generously."""

_MACHINERY = (asyncio.__path__[0], "selectors.py", "uvloop")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Sample:
    """The loop's thread at one moment. `callback` is the outermost frame that is not the loop's own; as long as it is kept here no other
    call can be taken for it. `place` is where the thread stands, `asleep` the system call that it sleeps in, "" when it sleeps in none or waits
    for Python's lock."""

    callback: FrameType
    place: tuple[CodeType, int]
    used_ns: int
    delayed_ns: int
    state: str
    asleep: str
    taken: float


class Watchdog:
    """Watches the loop of one thread. `limit` and `period` are in seconds."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, limit: float = _LIMIT_SECONDS, period: float = _LOOK_SECONDS) -> None:
        self._loop, self._limit, self._period = loop, limit, period
        self._thread = threading.get_ident()
        self._clock = time.pthread_getcpuclockid(self._thread)
        self._task = Path(f"/proc/self/task/{threading.get_native_id()}")
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Stop watching; idempotent."""
        self._stopped.set()

    def run(self) -> None:
        """Watch until stopped, in a thread of its own."""
        while not self._stopped.wait(self._period):
            with suppress(RuntimeError, OSError):  # the loop is closed, or its thread has ended
                self._look()

    def _look(self) -> None:
        sample = self._sample()
        if sample is None:
            return
        beats: list[None] = []
        self._loop.call_soon_threadsafe(beats.append, None)
        held = 0.0
        while not (beats or self._stopped.wait(min(_SAMPLE_SECONDS, self._limit / 3))):
            before, sample = sample, self._sample()
            if sample is None or beats:
                return
            held = held + _held(before, sample) if sample.callback is before.callback else 0.0
            if held >= self._limit:
                self._report()
                while not (beats or self._stopped.wait(_SAMPLE_SECONDS)):
                    pass

    def _sample(self) -> _Sample | None:
        """Return what the loop runs; None when it runs nothing."""
        top = sys._current_frames().get(self._thread)
        callback = _callback_of(top)
        if top is None or callback is None:
            return None
        stat = (self._task / "stat").read_text().rpartition(") ")[2]
        delayed = (self._task / "schedstat").read_text().split()[1]
        place = (top.f_code, top.f_lasti)
        return _Sample(
            callback, place, time.clock_gettime_ns(self._clock), int(delayed), stat[0], self._asleep(stat[0]), time.monotonic()
        )

    def _asleep(self, state: str) -> str:
        if state not in "SD":
            return ""
        try:
            call = (self._task / "syscall").read_text()  # proc(5): number, arguments, stack pointer; or "running"
        except OSError:  # a kernel without it
            return state
        words = call.split()
        if words[0] == _FUTEX and 0 <= int(words[1], 16) - _RUNTIME < _RUNTIME_BYTES:
            return ""
        return call

    def _report(self) -> None:
        top = sys._current_frames().get(self._thread)
        if top is None:
            return
        code, stack = top.f_code, "".join(traceback.format_stack(top))
        _log.warning("%s in %s:%d %s for over a second:\n%s", code.co_qualname, code.co_filename, top.f_lineno, HELD, stack)


@contextmanager
def watched_loop() -> Iterator[None]:
    """Watch the running loop while the block runs."""
    watchdog = Watchdog(asyncio.get_running_loop())
    thread = threading.Thread(target=watchdog.run, name="watchdog", daemon=True)
    thread.start()
    try:
        yield
    finally:
        watchdog.stop()


def _held(before: _Sample, now: _Sample) -> float:
    """Return the seconds of the interval that count against the callback."""
    used, elapsed = now.used_ns - before.used_ns, now.taken - before.taken
    if used > _AWAKE_NS or now.place != before.place:
        return used / _NS
    if elapsed > _LATE * _SAMPLE_SECONDS or not now.asleep or now.asleep != before.asleep:
        return 0.0
    slept = max(0.0, elapsed - (now.delayed_ns - before.delayed_ns) / _NS)
    return slept * _DISK if now.state == "D" else slept


def _callback_of(top: FrameType | None) -> FrameType | None:
    """Return the outermost frame inside the loop's own; None when the loop waits or is not running."""
    callback: FrameType | None = None
    while top is not None:
        if top.f_code.co_filename.startswith(_MACHINERY[0]) or top.f_code.co_filename.endswith(_MACHINERY[1:]):
            if top.f_code.co_name == "run" and top.f_code.co_qualname == "Runner.run":
                return callback
        else:
            callback = top
        top = top.f_back
    return None
