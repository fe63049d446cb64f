"""How long the engine waits for a driver's answer."""

from collections.abc import Callable
from typing import TypeVar

_F = TypeVar("_F", bound=Callable[..., object])

_ATTRIBUTE = "__deadline__"


def deadline(seconds: float) -> Callable[[_F], _F]:
    """Mark a method of a driver's interface: the engine waits so many seconds for its answer.

    At the deadline the call is cancelled and its caller is told. A driver that does not end then is named in the daemon's log, and
    after a few such calls it is not called until they have ended. A method without this mark may take as long as it wants.
    """

    def mark(method: _F) -> _F:
        setattr(method, _ATTRIBUTE, float(seconds))
        return method

    return mark


def deadline_of(method: object) -> float | None:
    """Return the seconds that a method was marked with; None if it may take as long as it wants."""
    seconds = getattr(method, _ATTRIBUTE, None)
    return seconds if isinstance(seconds, float) else None
