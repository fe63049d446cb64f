"""Regular expressions that clients send, by Go's rules, which are RE2's: matching takes time linear in the text, whatever the pattern; Python's
own engine would try for years with some, and the daemon would wait."""

from typing import Protocol

from sdk.errors import InvalidArgument, Unavailable

LONGEST = 2048
"""Characters of a pattern: it is compiled while other clients wait."""

_MEMORY = 1 << 20
"""Bytes a compiled pattern may take."""


class Pattern(Protocol):
    """A compiled pattern."""

    def search(self, text: str) -> object:
        """Return something that is true if the pattern is found in a text."""


def compiled(pattern: str, noun: str) -> Pattern:
    """Return a pattern of `noun`, as in "patterns in filters".

    Raises InvalidArgument in Go's words for one that cannot be read, is too long or takes too much memory, and Unavailable where there is no
    RE2 for this machine. Plain text is cheaper to compare without.
    """
    if len(pattern) > LONGEST:
        raise InvalidArgument(f"error parsing regexp: expression is longer than {LONGEST} characters")
    try:
        import re2  # noqa: PLC0415 few clients need it, and it takes megabytes
    except ImportError:
        raise Unavailable(f"patterns in {noun} need google-re2, which is not installed on this machine") from None
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
