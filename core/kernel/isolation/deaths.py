"""How soon a process that ended is begun again, and when that makes no sense any more. Pure: the caller gives the time, in seconds."""

from collections import deque

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 30.0
TOO_MANY = 5
WINDOW = 120.0
"""So many ends within so many seconds are a failure."""

FAILED_PAUSE = 300.0
"""Seconds after which one that has failed is tried again."""

HEALTHY = 60.0
"""One that ran so long begins with the first pause again."""


class Deaths:
    """The ends of one driver's processes."""

    def __init__(self) -> None:
        self._when: deque[float] = deque(maxlen=TOO_MANY)
        self._in_a_row = 0
        self.unopened = 0
        """So many tries in a row did not open the driver."""

        self.failed = False
        self.total = 0
        self.last = ""

    def add(self, now: float, how: str, *, ran: float | None) -> None:
        """Note an end after so many seconds; none for a process that did not open the driver.

        Such a one does not count as an end within the window: what the driver lacks may come back a while later. It has failed when the
        pauses between the tries are at their longest.
        """
        self._in_a_row = 1 if ran is not None and ran >= HEALTHY else self._in_a_row + 1
        if ran is None:
            self.unopened += 1
        else:
            self._when.append(now)
        self.failed = self.failed or self.are_too_many(now) or (self.unopened > 0 and _doubled(self.unopened) >= LONGEST_PAUSE)
        self.total += 1
        self.last = how

    def opened(self) -> None:
        """Note that a process opened the driver: it has not failed any more."""
        self.failed, self.unopened = False, 0

    def recent(self, now: float) -> int:
        """Return how many there were within the window, as far as that matters."""
        return sum(now - each < WINDOW for each in self._when)

    def are_too_many(self, now: float) -> bool:
        """Tell whether the driver fails by the ends within the window."""
        return self.recent(now) >= TOO_MANY

    def pause(self) -> float:
        """Return the seconds until the next process is begun."""
        return FAILED_PAUSE if self.failed else _doubled(self._in_a_row)


def _doubled(times: int) -> float:
    return min(FIRST_PAUSE * 2.0 ** (times - 1), LONGEST_PAUSE)
