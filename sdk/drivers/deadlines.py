"""How long the engine waits for a driver's answer."""

from collections.abc import Callable
from typing import TypeVar

_F = TypeVar("_F", bound=Callable[..., object])

_ATTRIBUTE = "__deadline__"
_IDEMPOTENT = "__idempotent__"


def deadline(seconds: float, *, idempotent: bool = False) -> Callable[[_F], _F]:
    """Mark a method of a driver's interface: the engine waits so many seconds for its answer.

    At the deadline the call is cancelled and its caller is told. A driver that does not end then is named in the daemon's log, and
    after a few such calls it is not called until they have ended. A method without this mark may take as long as it wants.

    An `idempotent` method may be called again with the same arguments where it is not known whether it was done: of a driver in a process
    of its own, once more after that process ended in the middle.
    """

    def mark(method: _F) -> _F:
        setattr(method, _ATTRIBUTE, float(seconds))
        setattr(method, _IDEMPOTENT, idempotent)
        return method

    return mark


def deadline_of(method: object) -> float | None:
    """Return the seconds that a method was marked with; None if it may take as long as it wants."""
    seconds = getattr(method, _ATTRIBUTE, None)
    return seconds if isinstance(seconds, float) else None


def is_idempotent(method: object) -> bool:
    """Tell whether a method was marked as one that may be called again."""
    return getattr(method, _IDEMPOTENT, False) is True
