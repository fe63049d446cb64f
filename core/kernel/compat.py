"""Whether a plugin was built for a plugin API that this engine offers."""

from types import ModuleType

from sdk.version import API_VERSION, is_compatible


def incompatibility(module: ModuleType) -> str:
    """Return why a plugin module cannot run here, or "". A module that declares no `API_VERSION` is taken at its word: any version."""
    declared = getattr(module, "API_VERSION", None)
    if declared is None:
        return ""
    if not _is_version(declared):
        return f"its API_VERSION is {declared!r}, not a pair of integers"
    if is_compatible(declared):
        return ""
    return f"built for plugin API {_dotted(declared)}, this engine offers {_dotted(API_VERSION)}"


def _is_version(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(isinstance(part, int) for part in value)


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
