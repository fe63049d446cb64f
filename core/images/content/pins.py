"""Pins: what operations under way count on although no image references it yet. Collection leaves it alone."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class Pins:
    """Names held by at least one operation."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    @property
    def held(self) -> frozenset[str]:
        """Return what is held at the moment."""
        return frozenset(self._counts)

    @contextmanager
    def hold(self, names: Iterable[str]) -> Iterator[None]:
        """Hold names for the block."""
        held = tuple(names)
        self._counts.update(held)
        try:
            yield
        finally:
            self._counts.subtract(held)
            self._counts = +self._counts
