"""Regular expressions in list filters."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from sdk.errors import InvalidArgument
from sdk.re2 import LONGEST, Pattern, compiled

_PLAIN = re.compile(r"(\^?)([A-Za-z0-9_/-]*)(\$?)", re.ASCII)


class Patterns:
    """What one filter's values match: any of them, anywhere in a text. One that cannot be read matches only the text that is equal to it, as
    in Docker."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Read patterns. Raises InvalidArgument if they are too long, and Unavailable where there is no RE2 for this machine and one is more
        than plain text with anchors."""
        self._texts = frozenset(texts)
        self._plain = [match for text in self._texts if (match := _PLAIN.fullmatch(text))]
        others = [text for text in self._texts if not _PLAIN.fullmatch(text)]
        if sum(map(len, others)) > LONGEST:
            raise InvalidArgument(f"invalid filter: its patterns are longer than {LONGEST} characters")
        self._compiled = list(_compiled(others))

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


def _compiled(patterns: Iterable[str]) -> Iterator[Pattern]:
    """Yield the patterns that can be read."""
    for pattern in patterns:
        with suppress(InvalidArgument):
            yield compiled(pattern, "filters")
