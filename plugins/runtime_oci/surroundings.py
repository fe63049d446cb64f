"""What the containers of this runtime have in common, and what tells them apart."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread

from plugins.runtime_oci.binary import Binary
from plugins.runtime_oci.cgroups import Cgroups
from plugins.runtime_oci.files import ContainerFiles
from sdk.shim.spawn import Executor

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`consoles` is a directory with a short name; `title` begins the arguments of every shim."""

    binary: Binary
    executor: Executor
    cgroups: Cgroups
    consoles: Path
    title: tuple[str, ...]
    limiter: anyio.CapacityLimiter

    async def offload(self, work: Callable[[], T]) -> T:
        """Do blocking work in a thread."""
        return await anyio.to_thread.run_sync(work, limiter=self.limiter)


@dataclass(frozen=True, slots=True)
class Identity:
    """A container: its ID, its files and its path in every cgroup hierarchy."""

    id: str
    files: ContainerFiles
    cgroups_path: str
