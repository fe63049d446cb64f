"""Type hints as text."""

import re
from typing import get_args

_MODULE = re.compile(r"\b(?:[a-z_]+\.)+(?=[A-Za-z])")


def spelled(hint: object) -> str:
    """Return a type hint as its author wrote it, without modules."""
    return hint.__name__ if isinstance(hint, type) and not get_args(hint) else _MODULE.sub("", str(hint))
