"""How soon a process that ended is begun again, and when that makes no sense any more. Pure: the caller gives the time, in seconds."""

from collections import deque

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 30.0
TOO_MANY = 5
WINDOW = 120.0
"""So many ends within so many seconds are a failure."""

FAILED_PAUSE = 300.0
HEALTHY = 60.0
"""One that ran so long begins with the first pause again."""


class Deaths:
    """The ends of one driver's processes."""

    def __init__(self) -> None:
        self._when: deque[float] = deque(maxlen=TOO_MANY)
        self._in_a_row = 0
        self.total = 0
        self.last = ""

    def add(self, now: float, how: str, *, ran: float) -> None:
        """Note an end after so many seconds."""
        self._in_a_row = 1 if ran >= HEALTHY else self._in_a_row + 1
        self._when.append(now)
        self.total += 1
        self.last = how

    def recent(self, now: float) -> int:
        """Return how many there were within the window, as far as that matters."""
        return sum(now - each < WINDOW for each in self._when)

    def are_too_many(self, now: float) -> bool:
        """Tell whether the driver has failed."""
        return self.recent(now) >= TOO_MANY

    def pause(self, now: float) -> float:
        """Return the seconds until the next process is begun."""
        if self.are_too_many(now):
            return FAILED_PAUSE
        return float(min(FIRST_PAUSE * 2 ** (self._in_a_row - 1), LONGEST_PAUSE))
