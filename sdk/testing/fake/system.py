"""A machine that is always the same."""

from collections.abc import AsyncIterator, Callable

import anyio
from anyio.streams.memory import MemoryObjectSendStream

from sdk.drivers.registry import Credentials
from sdk.engine.system import DiskUsage, EngineCounters, EventsRequest, SystemInfo
from sdk.errors import Unauthorized
from sdk.events import Event


class FakeSystem:
    """See `sdk.engine.system.System`. The password of every registry is `right`.

    `existing` counts the images, networks and volumes beside it.
    """

    def __init__(self) -> None:
        self._past: list[Event] = []
        self._listeners: list[MemoryObjectSendStream[Event]] = []
        self.existing: Callable[[], tuple[int, int, int]] = lambda: (0, 0, 0)

    def publish(self, event: Event) -> None:
        """Record an event."""
        self._past.append(event)
        for listener in self._listeners:
            listener.send_nowait(event)

    @property
    def listeners(self) -> int:
        """Return how many event streams are open."""
        return len(self._listeners)

    async def info(self) -> SystemInfo:
        """Return the machine."""
        return SystemInfo(
            id="fake",
            name="fakehost",
            version="9.9.9",
            data_root="/fake",
            kernel_version="6.1.0",
            operating_system="Fake Linux",
            os_version="1",
            architecture="amd64",
            machine="x86_64",
            cpus=2,
            memory_total=1 << 32,
            containers=0,
            running=0,
            paused=0,
            stopped=0,
            images=1,
            storage_driver="fake",
            storage_status={"Backing Filesystem": "imagination"},
            runtime="ns",
            runtimes=("ns", "runc"),
            cgroup_driver="cgroupfs",
            cgroup_version="2",
            network_drivers=("bridge", "host", "null"),
            volume_drivers=("local",),
            log_drivers=("json-file",),
            default_log_driver="json-file",
            security_options=("name=seccomp,profile=builtin", "name=cgroupns"),
            insecure_registries=("127.0.0.0/8", "localhost:5000"),
        )

    async def counters(self) -> EngineCounters:
        """Return what there is now, and the events there were. No health check is ever run."""
        images, networks, volumes = self.existing()
        return EngineCounters(
            images=images,
            networks=networks,
            volumes=volumes,
            event_subscribers=len(self._listeners),
            events=len(self._past),
            health_checks=0,
            failed_health_checks=0,
        )

    async def disk_usage(self, kinds: frozenset[str] = frozenset()) -> DiskUsage:
        """Return that nothing is used."""
        del kinds
        return DiskUsage(0)

    async def events(self, request: EventsRequest) -> AsyncIterator[Event]:
        """Replay, then follow until closed; with `until` only replay."""
        send, receive = anyio.create_memory_object_stream[Event](1000)
        self._listeners.append(send)
        since_ns = 0 if request.since_ns is None and request.until_ns is not None else request.since_ns
        past = [event for event in self._past if since_ns is not None and event.time_ns >= since_ns]

        async def events() -> AsyncIterator[Event]:
            with send, receive:
                try:
                    for event in past:
                        yield event
                    while request.until_ns is None:
                        yield await receive.receive()
                finally:
                    self._listeners.remove(send)

        return events()

    async def authenticate(self, credentials: Credentials) -> str:
        """Accept the right password."""
        if credentials.password != "right":
            raise Unauthorized("unauthorized: incorrect username or password")
        return "token"
