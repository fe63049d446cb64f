"""Steps without layers that were done lately: they cost nothing to do again, but clients are told whether it is new."""

_MOST = 4096


class RecentSteps:
    """The last 4096 such steps of this daemon, by key."""

    def __init__(self) -> None:
        self._keys: dict[str, None] = {}

    def add(self, key: str) -> bool:
        """Remember a step; return whether it was known."""
        known = key in self._keys
        self._keys.pop(key, None)
        self._keys[key] = None
        if len(self._keys) > _MOST:
            del self._keys[next(iter(self._keys))]
        return known
