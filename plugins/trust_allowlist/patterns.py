"""Patterns of repositories, written as people write names: `alpine`, `team/*`, `registry.example:5000/**`."""

import re

from sdk.globs import compile_glob
from sdk.oci.reference import DEFAULT_DOMAIN

_PATTERN = re.compile(r"[A-Za-z0-9*._:\[\]/-]+")


def compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern over full names of repositories, domain/path. Raises ValueError for what can match nothing."""
    full = _full(pattern)
    if not _PATTERN.fullmatch(full) or "//" in full or full.endswith("/") or "/" not in full.replace("**", "/"):
        raise ValueError(f"{pattern!r} is not a pattern of repositories")
    return compile_glob(full)


def _full(pattern: str) -> str:
    """Add what people leave out: Docker Hub, and `library` for its official images."""
    first, slash, _ = pattern.partition("/")
    if "**" in first or (slash and (set(".:") & set(first) or first == "localhost")):
        return pattern
    return f"{DEFAULT_DOMAIN}/{pattern}" if slash else f"{DEFAULT_DOMAIN}/library/{pattern}"
