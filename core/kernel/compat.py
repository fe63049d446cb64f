"""Whether a plugin was built for a plugin API that this engine offers."""

from types import ModuleType
from typing import TypeGuard

from sdk.version import API_VERSION, is_compatible

OFFERED = ".".join(map(str, API_VERSION))
"""The version of the plugin API that this engine offers."""


def incompatibility(module: ModuleType) -> str:
    """Return why a plugin module cannot run here, or "". A module that declares no `API_VERSION` is taken at its word: any version."""
    declared = getattr(module, "API_VERSION", None)
    if declared is None:
        return ""
    if not _is_version(declared):
        return f"its API_VERSION is {declared!r}, not a pair of integers"
    if is_compatible(declared):
        return ""
    return f"built for plugin API {_dotted(declared)}, this engine offers {OFFERED}: {_remedy(declared)}"


def _remedy(built_for: tuple[int, int]) -> str:
    if built_for < API_VERSION:
        return f"install a release of the plugin that is built for {API_VERSION[0]}.x"
    return f"update the engine, or install a release of the plugin that is built for {OFFERED} or an older {API_VERSION[0]}.x"


def declared_version(module: ModuleType) -> str:
    """Return the version of the plugin API that a module says it was built for, "" if it says none that can be read."""
    declared = getattr(module, "API_VERSION", None)
    return _dotted(declared) if _is_version(declared) else ""


def _is_version(value: object) -> TypeGuard[tuple[int, int]]:
    return isinstance(value, tuple) and len(value) == 2 and all(isinstance(part, int) for part in value)


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
