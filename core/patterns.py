"""Regular expressions in list filters, by Go's rules, which are RE2's: matching takes time linear in the text, whatever the pattern."""

import re
from collections.abc import Iterable
from typing import Protocol

from sdk.errors import InvalidArgument, Unavailable

_LONGEST = 2048
"""Characters of all patterns of a filter that are more than plain text: they are compiled while others wait."""

_MEMORY = 1 << 20
"""Bytes a compiled pattern may take; a larger one cannot be read."""

_PLAIN = re.compile(r"(\^?)([A-Za-z0-9_/-]*)(\$?)", re.ASCII)


class _Pattern(Protocol):
    def search(self, text: str) -> object: ...


class Patterns:
    """What one filter's values match: any of them, anywhere in a text. One that cannot be read matches only the text that is equal to it, as
    in Docker."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Read patterns. Raises InvalidArgument if they are too long, and Unavailable where there is no RE2 for this machine and one is more
        than plain text with anchors."""
        self._texts = frozenset(texts)
        self._plain = [match for text in self._texts if (match := _PLAIN.fullmatch(text))]
        others = [text for text in self._texts if not _PLAIN.fullmatch(text)]
        if sum(map(len, others)) > _LONGEST:
            raise InvalidArgument(f"invalid filter: its patterns are longer than {_LONGEST} characters")
        self._compiled = _compiled(others) if others else []

    def match(self, *texts: str) -> bool:
        """Tell whether one of the patterns is found in one of the texts."""
        return any(
            text in self._texts
            or any(_plainly_found(pattern, text) for pattern in self._plain)
            or any(pattern.search(text) is not None for pattern in self._compiled)
            for text in texts
        )


def _plainly_found(pattern: re.Match[str], text: str) -> bool:
    at_start, part, at_end = pattern.groups()
    if at_start and at_end:
        return text == part
    if at_start:
        return text.startswith(part)
    return text.endswith(part) if at_end else part in text


def _compiled(patterns: Iterable[str]) -> list[_Pattern]:
    """Return the patterns that can be read."""
    try:
        import re2  # noqa: PLC0415 few filters need it, and it takes megabytes
    except ImportError:
        raise Unavailable("patterns in filters need google-re2, which is not installed on this machine") from None
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    compiled: list[_Pattern] = []
    for pattern in patterns:
        try:
            compiled.append(re2.compile(pattern, options=options))
        except (re2.error, UnicodeError):
            continue
    re2.purge()  # the library keeps what it compiled
    return compiled
