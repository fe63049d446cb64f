"""The ends of a container that are still to come, and the clients who wait for them."""

from dataclasses import dataclass, field

import anyio

from sdk.engine.containers import WaitResult


@dataclass(slots=True, eq=False)
class Outcome:
    """An end that will come: wait for `event`, then read `result`."""

    event: anyio.Event = field(default_factory=anyio.Event)
    result: WaitResult = WaitResult(0)

    def tell(self, result: WaitResult) -> None:
        """Tell all clients who wait."""
        self.result = result
        self.event.set()


@dataclass(slots=True, eq=False)
class Ends:
    """The next end of the container's process, and the container's removal. Only these methods change them.

    `restarts` counts the clients that have it restarted right now: while there is one, its end does not remove it.
    """

    next_exit: Outcome = field(default_factory=Outcome)
    removal: Outcome = field(default_factory=Outcome)
    restarts: int = 0

    def ended(self, result: WaitResult) -> None:
        """Tell those who wait for the present run's end; those who come later wait for the next one's."""
        outcome, self.next_exit = self.next_exit, Outcome()
        outcome.tell(result)

    def stays(self) -> None:
        """Tell those who wait that the container, which was to be started again, is not; a client may start it all the same."""
        self.ended(self.next_exit.result)

    def removed(self, result: WaitResult) -> None:
        """Tell those who wait for the removal."""
        self.removal.tell(result)

    def not_removed(self, result: WaitResult) -> None:
        """Tell those who wait for the removal that it failed; those who come later wait for another one."""
        failed, self.removal = self.removal, Outcome()
        failed.tell(result)

    def begin_restart(self) -> None:
        """Note that a client has it restarted."""
        self.restarts += 1

    def end_restart(self) -> None:
        """Note that a client's restart is over, or has stopped it."""
        self.restarts -= 1
