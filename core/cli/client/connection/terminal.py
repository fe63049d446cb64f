"""The person's terminal: raw while a container has it, and its size told to the container."""

import os
import signal
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from core.cli.client.connection.api import Api, ApiError

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


@contextmanager
def raw() -> Iterator[None]:
    """Pass every key on; does nothing when stdin is no terminal."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(0)
    tty.setraw(0, termios.TCSANOW)  # what was typed ahead is kept
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)


@contextmanager
def sized(api: Api, path: str) -> Iterator[None]:
    """Tell the terminal's size to `path` (`/containers/x` or `/exec/x`) now and whenever it changes."""

    def tell() -> None:
        try:
            size = os.get_terminal_size()
            api.post(f"{path}/resize", {"h": str(size.lines), "w": str(size.columns)})
        except (OSError, ApiError):  # no terminal, or a process that has just ended
            return

    with _handling((signal.SIGWINCH,), lambda _number: tell()):
        tell()
        yield


@contextmanager
def signals_to(api: Api, path: str) -> Iterator[None]:
    """Send signals that reach this process to the container instead."""

    def forward(number: int) -> None:
        try:
            api.post(f"{path}/kill", {"signal": signal.Signals(number).name})
        except ApiError:  # it has just ended
            return

    with _handling(FORWARDED, forward):
        yield


@contextmanager
def _handling(numbers: tuple[signal.Signals, ...], action: Callable[[int], None]) -> Iterator[None]:
    def handler(number: int, _frame: FrameType | None) -> None:
        action(number)

    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
