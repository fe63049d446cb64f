"""Regular expressions in list filters, by Go's rules, which are RE2's: matching takes time linear in the text, whatever the pattern."""

import re
from functools import lru_cache
from typing import Protocol

from sdk.errors import Unavailable

_PLAIN = re.compile(r"(\^?)([A-Za-z0-9_/-]*)(\$?)", re.ASCII)


class _Pattern(Protocol):
    def search(self, text: str) -> object: ...


def found(pattern: str, text: str) -> bool:
    """Tell whether a pattern matches somewhere in a text. One that cannot be read matches only the text that is equal to it, as in Docker.

    Raises Unavailable where there is no RE2 for this machine and the pattern is more than plain text with anchors.
    """
    plain = _PLAIN.fullmatch(pattern)
    if plain is not None:
        return _plainly_found(plain[2], text, at_start=bool(plain[1]), at_end=bool(plain[3]))
    if pattern == text:
        return True
    compiled = _compiled(pattern)
    return compiled is not None and compiled.search(text) is not None


def _plainly_found(part: str, text: str, *, at_start: bool, at_end: bool) -> bool:
    if at_start and at_end:
        return text == part
    if at_start:
        return text.startswith(part)
    return text.endswith(part) if at_end else part in text


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> _Pattern | None:
    try:
        import re2  # noqa: PLC0415 few filters need it, and it takes megabytes
    except ImportError:
        raise Unavailable("patterns in filters need google-re2, which is not installed on this machine") from None
    options = re2.Options()
    options.log_errors = False
    try:
        compiled: _Pattern = re2.compile(pattern, options=options)
    except (re2.error, UnicodeError):
        return None
    return compiled
