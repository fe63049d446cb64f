"""What is wrong with a Dockerfile, in BuildKit's words."""

import difflib
from collections.abc import Iterable

from sdk.errors import BuildFailed


class DockerfileError(Exception):
    """A mistake found while an instruction was read; the caller knows where it was."""


def located(error: DockerfileError, line: int, file: str) -> BuildFailed:
    """Return a mistake as the build's failure, with its place."""
    return BuildFailed(f"dockerfile parse error on line {line}: {error}", file=file, line=line)


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean X?)` if a known word is close, else ""."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else ""
