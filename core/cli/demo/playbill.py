"""The demonstration's steps on the terminal: what is done, the command that does it, and how long it took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from core.cli.client.connection.failure import INTERRUPTED
from core.cli.client.registration import add_client
from core.cli.demo.stage import DemoFailed
from core.cli.table import lines

_BOLD, _DIM, _PLAIN = ("\x1b[1m", "\x1b[2m", "\x1b[0m") if sys.stdout.isatty() else ("", "", "")


class Playbill:
    """Prints each step as it happens, and all of them with their times at the end."""

    def __init__(self) -> None:
        self._times: list[tuple[str, float]] = []
        self._client = typer.Typer(add_completion=False)
        add_client(self._client)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announce a step, and say how long it took."""
        print(f"\n{_BOLD}{len(self._times) + 1}. {title}{_PLAIN}", flush=True)
        begin = time.perf_counter()
        yield
        seconds = time.perf_counter() - begin
        self._times.append((title, seconds))
        print(f"{_DIM}   {_duration(seconds)}{_PLAIN}", flush=True)

    def core(self, *words: str) -> None:
        """Run a command of the client, here, so that its time is the engine's and not an interpreter's start. Raises DemoFailed."""
        print(f"{_DIM}$ core {' '.join(map(_quoted, words))}{_PLAIN}", flush=True)
        try:
            self._client(list(words), prog_name="core", standalone_mode=False)
        except SystemExit as ended:
            if ended.code == INTERRUPTED:
                raise KeyboardInterrupt from None
            if ended.code:
                raise DemoFailed(f"core {words[0]} ended with exit status {ended.code}") from None

    def say(self, text: str) -> None:
        """Print what belongs to a step."""
        print(f"   {text}", flush=True)

    def finish(self) -> None:
        """Print all steps with their times."""
        rows = [(f"{number}.", title, _duration(seconds)) for number, (title, seconds) in enumerate(self._times, 1)]
        total = ("", "in all", _duration(sum(seconds for _, seconds in self._times)))
        print("\n" + "\n".join(lines([("", "STEP", "TIME"), *rows, total])), flush=True)


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _quoted(word: str) -> str:
    return f"'{word}'" if " " in word else word
