"""How a client command fails: one sentence on stderr and Docker's exit status."""

import functools
import sys
from collections.abc import Callable, Iterable
from typing import ParamSpec

from core.cli.client.connection.api import ApiError
from core.cli.client.connection.endpoint import BadHost

P = ParamSpec("P")

INTERRUPTED = 130


def exits(status: int = 1) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Let a command end with a sentence and `status` when the daemon refuses or cannot be reached."""

    def decorate(command: Callable[P, None]) -> Callable[P, None]:
        @functools.wraps(command)
        def guarded(*arguments: P.args, **options: P.kwargs) -> None:
            try:
                command(*arguments, **options)
            except (ApiError, BadHost) as error:
                print(f"core: {error}", file=sys.stderr)
                sys.exit(status)
            except KeyboardInterrupt:
                sys.exit(INTERRUPTED)
            except BrokenPipeError:
                sys.stderr.close()
                sys.exit(1)

        return guarded

    return decorate


def for_each(names: Iterable[str], action: Callable[[str], None]) -> None:
    """Do something for every name and print it; what fails is said and the exit status is 1, but the others are done."""
    failed = False
    for name in names:
        try:
            action(name)
        except ApiError as error:
            print(f"core: {error}", file=sys.stderr)
            failed = True
        else:
            print(name)
    if failed:
        sys.exit(1)


def start_status(error: ApiError) -> int:
    """Return the exit status of a container that could not be started, as Docker's client guesses it from the sentence."""
    text = error.message
    if any(part in text for part in ("executable file not found", "no such file or directory", "system cannot find")):
        return 127
    if any(part in text for part in ("permission denied", "is a directory", "exec format error")):
        return 126
    return 125
