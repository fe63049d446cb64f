"""A container's cgroup, whichever version the kernel has (runtime-spec: config-linux.md "Control groups")."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from sdk.drivers.runtime import TaskStats
from sdk.oci.runtime import Resources
from sdk.shim.plan import Plan, Slot


class Cgroup(ABC):
    """One container's cgroup by its path in the hierarchy. Every method blocks shortly; paths are the daemon's."""

    version: int

    def __init__(self, path: str) -> None:
        self.path = path

    @abstractmethod
    def create(self, resources: Resources) -> None:
        """Make it with its limits; parents are made as needed. Raises InvalidArgument when the kernel refuses a value."""

    @abstractmethod
    def update(self, resources: Resources) -> None:
        """Change limits; what is None stays. Device rules are not looked at. Raises InvalidArgument."""

    @abstractmethod
    def join(self, plan: Plan) -> None:
        """Add what moves the process that carries out the plan into it, for kernels where a process cannot be born there."""

    @abstractmethod
    def open_doors(self, plan: Plan, /) -> Sequence[Slot]:
        """Add what opens the files by which a process joins it, for one that will not see them any more; the opener closes them."""

    @abstractmethod
    def join_by(self, plan: Plan, doors: Sequence[Slot]) -> None:
        """Add what moves the process that carries out the plan into it by files that were opened before, and closes them."""

    @abstractmethod
    def open_directory(self, pid: int = 0, /) -> int | None:
        """Return a descriptor to be born into it with, of where the process `pid` of it is if given; None where `join` does it."""

    @abstractmethod
    def freeze(self) -> None:
        """Stop every process in it and return when they stand; idempotent. Raises TimeoutError."""

    @abstractmethod
    def thaw(self) -> None:
        """Let them go on; idempotent."""

    @abstractmethod
    def is_frozen(self) -> bool:
        """Tell whether its processes are stopped."""

    @abstractmethod
    def pids(self) -> Sequence[int]:
        """Return every process in it and below it, in the daemon's PID namespace."""

    @abstractmethod
    def oom_kills(self) -> int:
        """Return how many of its processes the kernel killed for want of memory."""

    @property
    @abstractmethod
    def memory_directory(self) -> str:
        """The directory of its memory controller; "" without one."""

    @abstractmethod
    def stats(self) -> TaskStats:
        """Read its counters."""

    @abstractmethod
    def brief_stats(self) -> TaskStats | None:
        """Read what `sdk.drivers.runtime.BatchStats` asks for; None if it is not there any more."""

    @abstractmethod
    def exists(self) -> bool:
        """Tell whether anything of it is there."""

    @abstractmethod
    def kill(self) -> None:
        """Kill every process in it and return when they are gone; idempotent. Raises TimeoutError."""

    @abstractmethod
    def destroy(self) -> None:
        """Kill what is in it and remove it; idempotent. Raises OSError (EBUSY) if something in it cannot be killed."""

    @abstractmethod
    def remove_if_empty(self) -> bool:
        """Remove it unless something is in it; return whether it is gone."""
