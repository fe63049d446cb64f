"""A container as this process knows it: its record, and what exists only while the daemon lives."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import anyio

from core.containers.life.ends import Ends
from core.containers.life.execs import Execs
from core.containers.life.probing import Probing
from core.containers.life.record import ContainerRecord
from core.containers.life.run import Run
from core.streams.hub import OutputHub
from sdk.engine.containers import ContainerInfo, WaitResult


@dataclass(slots=True, eq=False)
class Resting:
    """A container that waits to be started again by its policy; only these methods change it. `delay` in seconds is the last one."""

    delay: float = 0.0
    wake: anyio.Event = field(default_factory=anyio.Event)

    def reset(self) -> None:
        """A client starts it: it waits no more, and the next delay is a first one."""
        self.delay = 0.0
        self.wake.set()

    def end(self) -> None:
        """Have it wait no more."""
        self.wake.set()

    def decided(self, delay: float) -> None:
        """Take the delay that its policy says."""
        self.delay = delay

    def begin(self) -> anyio.Event:
        """Return what ends the wait early."""
        self.wake = anyio.Event()
        return self.wake


@dataclass(slots=True, eq=False)
class LiveContainer:
    """The one place where a container's present is kept. Only verbs that hold `lock` change the state of its record.

    Each part has an owner, whose methods alone change it: the run, the probes, the execs, the ends, the rest between two runs; this class
    has the record and the description.
    """

    record: ContainerRecord
    lock: anyio.Lock = field(default_factory=partial(anyio.Lock, fast_acquire=True))
    hub: OutputHub = field(default_factory=OutputHub)
    run: Run = field(default_factory=Run)
    probing: Probing = field(default_factory=Probing)
    execs: Execs = field(default_factory=Execs)
    ends: Ends = field(default_factory=Ends)
    resting: Resting = field(default_factory=Resting)
    files_touched: bool = False
    _info: ContainerInfo | None = None

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def name(self) -> str:
        return self.record.name

    def take(self, record: ContainerRecord) -> None:
        """Make a record the present one; the store writes it."""
        self.record = record
        self._info = None

    def ended(self, result: WaitResult) -> None:
        """Tell the clients who wait for its end, and let those who are attached see the end of the output."""
        self.ends.ended(result)
        self.hub.finish()

    def changed(self) -> None:
        """Forget the description: something it tells has changed."""
        self._info = None

    def described(self, describe: Callable[[], ContainerInfo]) -> ContainerInfo:
        """Return the description, made anew if something has changed."""
        if self._info is None:
            self._info = describe()
        return self._info

    def touch_files(self) -> None:
        """Note that a client wrote into its files: its accounts may not be the image's any more."""
        self.files_touched = True
