"""The health of a container's run, and the probes that find it out."""

from dataclasses import dataclass

import anyio

from sdk.engine.containers import Health, HealthStatus


@dataclass(slots=True, eq=False)
class ProbeCounts:
    """Probes of all containers that ended, and those of them that could not be run or did not end in time."""

    ended: int = 0
    failed: int = 0

    def count(self, *, failed: bool) -> None:
        """Count one more."""
        self.ended += 1
        self.failed += failed


@dataclass(slots=True, eq=False)
class Probing:
    """Of the present run, or the last one; only these methods change it. `health` is None without a health check."""

    health: Health | None = None
    _scope: anyio.CancelScope | None = None

    def begin(self) -> anyio.CancelScope:
        """Begin with a container that is starting; return the scope in which its probes run."""
        self.health = Health(HealthStatus.STARTING)
        self._scope = anyio.CancelScope()
        return self._scope

    def none(self) -> None:
        """Note that this run has no health check."""
        self.health = self._scope = None

    def found(self, health: Health) -> None:
        """Take what the last probe led to."""
        self.health = health

    def stop(self) -> None:
        """End the probes; what they found stays."""
        if self._scope is not None:
            self._scope.cancel()
