"""Regular expressions of `labels-regex` and `env-regex`."""

import re

from sdk import re2

_PLAIN = re.compile(r"\^?[A-Za-z0-9_/.-]*\$?", re.ASCII)


def compiled(pattern: str) -> re2.Pattern:
    """Return a pattern. Raises InvalidArgument in Go's words, and Unavailable where there is no RE2 for this machine and the pattern is more
    than plain text with anchors."""
    return re.compile(pattern) if _PLAIN.fullmatch(pattern) else re2.compiled(pattern, "log options")
