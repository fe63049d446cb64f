"""The plugin API's version and the rule by which a plugin is accepted."""

API_VERSION: tuple[int, int] = (1, 1)
"""Major changes break plugins; a minor adds hooks, hook arguments or driver methods with a default body."""


def is_compatible(built_for: tuple[int, int], offered: tuple[int, int] = API_VERSION) -> bool:
    """Tell whether a plugin built for one API version runs on the offered one: same major, not a newer minor."""
    return built_for[0] == offered[0] and built_for[1] <= offered[1]
