"""What a driver brings: a wire to its receiver, and when to give a receiver up."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from sdk.drivers.logs import LogContext
from sdk.shipping.records import Record


class Undelivered(OSError):
    """A receiver took only the first `taken` of some records. The `lost` ones that follow them can never be sent."""

    def __init__(self, reason: str, taken: int = 0, lost: int = 0) -> None:
        super().__init__(reason)
        self.taken = taken
        self.lost = lost


def never() -> bool:
    """Return False: the time for sending has no end yet."""
    return False


class Wire(ABC):
    """A connection to one receiver. Used by one thread at a time, which may wait; never for longer than some seconds in one step of a call."""

    is_over: Callable[[], bool] = staticmethod(never)
    """Whether the time for sending has passed. The sender sets it; a call of many steps asks between them, and raises then."""

    @abstractmethod
    def connect(self) -> None:
        """Connect, or connect anew. Raises OSError, whose text is told."""

    @abstractmethod
    def send(self, records: Sequence[Record]) -> None:
        """Send some records. Raises OSError; Undelivered says how many need not be sent again."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the receiver; idempotent."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How a receiver that fails is tried again: after `first` seconds, each time `factor` times later, at most after `longest`.

    After `attempts` failures in a row the records at hand are dropped; None is never.
    """

    first: float = 0.1
    factor: float = 2.0
    longest: float = 30.0
    attempts: int | None = None

    def delay(self, failures: int) -> float:
        """Return the seconds to wait after so many failures in a row."""
        return float(min(self.longest, self.first * self.factor ** min(failures - 1, 64)))


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one container's records are sent. `receiver` is told in the daemon's log. A container is not started before its receiver is
    reached, unless `needs_receiver` is false. `buffer` is the bytes that may wait, None the driver's setting. `has_pieces` says that the
    receiver is told of `Record.partial`; then the last piece of a line may be empty."""

    receiver: str
    wire: Callable[[], Wire]
    patience: Patience = Patience()
    needs_receiver: bool = True
    buffer: int | None = None
    has_pieces: bool = False


class Protocol(ABC):
    """A driver's own part. `options` are those it takes beside Docker's for all drivers."""

    name: ClassVar[str]
    options: ClassVar[frozenset[str]]

    def unknown(self, option: str) -> str:
        """Return the sentence that refuses an option."""
        return f"unknown log opt '{option}' for {self.name} log driver"

    @abstractmethod
    def check(self, options: Mapping[str, str]) -> None:
        """Raise InvalidArgument for values that cannot be; none of the options is unknown."""

    @abstractmethod
    def delivery(self, context: LogContext) -> Delivery:
        """Return how a container's records are sent. Connects to nothing. Raises InvalidArgument."""
