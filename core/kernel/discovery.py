"""Which plugins are installed. This is the only file that knows how distributions announce entry points."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType

import entrypoints

from sdk.hookspecs import ENTRY_POINT_GROUP

BUNDLED = "core-engine"
"""The distribution of the engine, whose plugins and drivers keep their names whatever else is installed."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An installed plugin that was not imported yet. `name` is its entry point: the key of its table in the configuration."""

    name: str
    distribution: str
    version: str
    load: Callable[[], ModuleType]


def discover(path: Sequence[str] | None = None) -> list[Candidate]:
    """Return every installed plugin, sorted by name; imports none. `path` replaces sys.path."""
    found = entrypoints.get_group_all(ENTRY_POINT_GROUP, path=path)
    candidates = [
        Candidate(point.name, _distribution_name(point.distro.name), point.distro.version or "", point.load) for point in found
    ]
    return sorted(candidates, key=lambda candidate: (candidate.name, candidate.distribution))


def _distribution_name(folder: str) -> str:
    """Return a distribution's normalized name (PEP 503); a folder spells it with underscores."""
    return re.sub(r"[-_.]+", "-", folder).lower()
