"""Regular expressions of `labels-regex` and `env-regex`, by Go's rules, which are RE2's: matching takes time linear in the text, whatever the
pattern; Python's own engine would try for years with some, and the daemon would wait."""

import re
from typing import Protocol

from sdk.errors import InvalidArgument, Unavailable

_LONGEST = 2048
"""Characters: patterns are compiled while others wait."""

_MEMORY = 1 << 20
"""Bytes a compiled pattern may take."""

_PLAIN = re.compile(r"\^?[A-Za-z0-9_/.-]*\$?", re.ASCII)


class Pattern(Protocol):
    """A compiled pattern."""

    def search(self, text: str) -> object:
        """Return something that is true if the pattern is found in a text."""


def compiled(pattern: str) -> Pattern:
    """Return a pattern. Raises InvalidArgument in Go's words, and Unavailable where there is no RE2 for this machine and the pattern is more
    than plain text with anchors."""
    if _PLAIN.fullmatch(pattern):
        return re.compile(pattern)
    if len(pattern) > _LONGEST:
        raise InvalidArgument(f"error parsing regexp: expression is longer than {_LONGEST} characters")
    try:
        import re2  # noqa: PLC0415 few logs need it, and it takes megabytes
    except ImportError:
        raise Unavailable("patterns in log options need google-re2, which is not installed on this machine") from None
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        found: Pattern = re2.compile(pattern, options=options)
    except re2.error as error:
        reason, _, part = error.args[0].decode(errors="replace").partition(": ")
        raise InvalidArgument(f"error parsing regexp: {reason}: `{part}`") from None
    except UnicodeError:
        raise InvalidArgument("error parsing regexp: invalid UTF-8") from None
    re2.purge()  # the library keeps what it compiled
    return found
