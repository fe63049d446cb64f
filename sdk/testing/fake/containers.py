"""Containers that exist in a dictionary."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from secrets import token_hex

import anyio

from sdk.drivers.logs import LogRecord
from sdk.engine.config import EndpointConfig, UpdateRequest
from sdk.engine.containers import (
    Changed,
    ContainerInfo,
    ContainerState,
    Created,
    CreateRequest,
    Filters,
    ListRequest,
    NetworkAttachment,
    Pruned,
    WaitCondition,
    Waiter,
    WaitResult,
)
from sdk.errors import Conflict, NameInUse, NoSuchContainer, NotRunning, StartFailed
from sdk.events import Event, EventType
from sdk.oci.descriptor import host
from sdk.testing.fake.images import FakeImages
from sdk.testing.fake.programs import Silence, check_program, run_program
from sdk.testing.fake.system import FakeSystem

_ALIVE = frozenset({ContainerState.RUNNING, ContainerState.PAUSED})


@dataclass(slots=True)
class Box:
    """One container: what is told about it, and what waits for it."""

    info: ContainerInfo
    attached: bool = False
    log: list[LogRecord] = field(default_factory=list)
    started: anyio.Event = field(default_factory=anyio.Event)
    exited: anyio.Event = field(default_factory=anyio.Event)
    removed: anyio.Event = field(default_factory=anyio.Event)

    @property
    def command(self) -> tuple[str, ...]:
        """Return the command line."""
        return (self.info.path, *self.info.args)


class FakeContainers:
    """See `sdk.engine.containers.Containers`."""

    def __init__(self, images: FakeImages, system: FakeSystem) -> None:
        self._boxes: dict[str, Box] = {}
        self._images = images
        self._system = system
        images.users = lambda image_id: [box.info.id for box in self._boxes.values() if box.info.image_id == image_id]
        images.find_container = lambda ref: self.box(ref).info.id

    def box(self, ref: str) -> Box:
        """Return a container by ID, prefix or name. Raises NoSuchContainer."""
        ref = ref.removeprefix("/")
        for box in self._boxes.values():
            if box.info.name == ref or (ref and box.info.id.startswith(ref)):
                return box
        raise NoSuchContainer(ref)

    async def create(self, request: CreateRequest) -> Created:
        """Keep a container."""
        image = await self._images.inspect(request.config.image)
        self._check_name(request.name)
        info = _new_info(request, image.id)
        self._boxes[info.id] = Box(info)
        self._announce("create", info)
        return Created(info.id)

    async def inspect(self, ref: str, *, size: bool = False) -> ContainerInfo:
        """Return a container."""
        info = self.box(ref).info
        return replace(info, size_rw=0, size_root=1) if size else info

    async def list(self, request: ListRequest) -> Sequence[ContainerInfo]:
        """Return containers that match `label` and `name` filters."""
        infos = [box.info for box in reversed(self._boxes.values())]
        labels = request.filters.get("label", ())
        return [i for i in infos if (request.all or i.state in _ALIVE) and all(_has_label(i, label) for label in labels)]

    async def start(self, ref: str) -> Changed:
        """Run a container's program, here if no client is attached."""
        box = self.box(ref)
        if box.info.state in _ALIVE:
            return Changed.NO
        try:
            check_program(box.command)
        except StartFailed as error:
            box.info = replace(box.info, exit_code=error.exit_code)
            if box.info.host_config.auto_remove:
                self._forget(box)
            box.started.set()
            raise
        if box.exited.is_set():
            box.started, box.exited = anyio.Event(), anyio.Event()
        box.info = replace(
            box.info, state=ContainerState.RUNNING, pid=4242, started_ns=time.time_ns(), sandbox_path="/proc/4242/ns/net"
        )
        self._announce("start", box.info)
        box.started.set()
        if not box.attached and box.info.path != "sleep":
            await self.run(box)
        return Changed.YES

    async def run(self, box: Box) -> None:
        """Run a program without a client and keep its output as the log."""
        silence = Silence()
        code = await run_program(box.command, silence)
        box.log += [LogRecord(stream, time.time_ns(), data) for stream, data in silence.output]
        self.finish(box, code)

    def finish(self, box: Box, code: int) -> None:
        """End a container's program."""
        box.info = replace(
            box.info, state=ContainerState.EXITED, pid=0, exit_code=code, finished_ns=time.time_ns(), sandbox_path=""
        )
        self._announce("die", box.info)
        if box.info.host_config.auto_remove:
            self._forget(box)
        box.exited.set()

    async def stop(self, ref: str, *, timeout: int | None = None, signal: str = "") -> Changed:
        """End a container."""
        del timeout, signal
        box = self.box(ref)
        if box.info.state not in _ALIVE:
            return Changed.NO
        self.finish(box, 143)
        return Changed.YES

    async def restart(self, ref: str, *, timeout: int | None = None, signal: str = "") -> None:
        """Stop and start."""
        await self.stop(ref, timeout=timeout, signal=signal)
        await self.start(ref)

    async def kill(self, ref: str, signal: str = "") -> None:
        """End a container, whatever the signal."""
        del signal
        box = self.box(ref)
        if box.info.state not in _ALIVE:
            raise NotRunning(box.info.id)
        self.finish(box, 137)

    async def pause(self, ref: str) -> None:
        """Note that a container is paused."""
        box = self.box(ref)
        if box.info.state is not ContainerState.RUNNING:
            raise Conflict(f"Container {box.info.id} is already paused")
        box.info = replace(box.info, state=ContainerState.PAUSED)

    async def unpause(self, ref: str) -> None:
        """Note that a container runs again."""
        box = self.box(ref)
        if box.info.state is not ContainerState.PAUSED:
            raise Conflict(f"Container {box.info.id} is not paused")
        box.info = replace(box.info, state=ContainerState.RUNNING)

    async def remove(self, ref: str, *, force: bool = False, volumes: bool = False, link: bool = False) -> None:
        """Forget a container."""
        del volumes, link
        box = self.box(ref)
        if box.info.state in _ALIVE and not force:
            raise Conflict(
                f'cannot remove container "/{box.info.name}": container is running: stop the container before removing or force remove'
            )
        if box.info.state in _ALIVE:
            self.finish(box, 137)
        self._forget(box)

    async def explain(self, ref: str) -> Sequence[tuple[str, str]]:
        """Tell of one system call."""
        return [(f"0 execve({self.box(ref).info.id})", "the program")]

    async def rename(self, ref: str, name: str) -> None:
        """Give a container another name."""
        box = self.box(ref)
        self._check_name(name)
        box.info = replace(box.info, name=name)

    async def update(self, ref: str, request: UpdateRequest) -> Sequence[str]:
        """Warn about what was asked."""
        self.box(ref)
        return [f"{name} changed" for name in request.__struct_fields__ if getattr(request, name) is not None]

    async def wait(self, ref: str, condition: WaitCondition) -> Waiter:
        """Register a wait."""
        box = self.box(ref)
        if condition is WaitCondition.REMOVED:
            return _Wait(box, box.removed)
        if box.info.state is ContainerState.EXITED and condition is WaitCondition.NEXT_EXIT:
            box.started, box.exited = anyio.Event(), anyio.Event()
        return _Wait(box, box.exited)

    async def prune(self, filters: Filters) -> Pruned:
        """Forget what does not run."""
        del filters
        stopped = [box for box in self._boxes.values() if box.info.state not in _ALIVE]
        for box in stopped:
            self._forget(box)
        return Pruned(tuple(box.info.id for box in stopped), 0)

    def _forget(self, box: Box) -> None:
        self._boxes.pop(box.info.id, None)
        box.removed.set()

    def _check_name(self, name: str) -> None:
        for box in self._boxes.values():
            if name and box.info.name == name:
                raise NameInUse(name, box.info.id)

    def _announce(self, action: str, info: ContainerInfo) -> None:
        attributes = {"name": info.name, "image": info.image, **info.config.labels}
        self._system.publish(Event(EventType.CONTAINER, action, info.id, time.time_ns(), attributes))


@dataclass(frozen=True, slots=True)
class _Wait:
    box: Box
    end: anyio.Event

    async def result(self) -> WaitResult:
        await self.end.wait()
        return WaitResult(self.box.info.exit_code)


def _has_label(info: ContainerInfo, wanted: str) -> bool:
    key, equals, value = wanted.partition("=")
    labels = info.config.labels
    return labels.get(key) == value if equals else key in labels


def _new_info(request: CreateRequest, image_id: str) -> ContainerInfo:
    config = request.config
    command = (*(config.entrypoint or ()), *(config.cmd or ())) or ("sh",)
    network = request.host_config.network_mode.network
    identifier = token_hex(32)
    return ContainerInfo(
        id=identifier,
        name=request.name or f"fake_{identifier[:6]}",
        created_ns=time.time_ns(),
        path=command[0],
        args=command[1:],
        image_id=image_id,
        image=config.image,
        platform=request.platform or host(),
        config=config,
        host_config=request.host_config,
        state=ContainerState.CREATED,
        pid=0,
        exit_code=0,
        error="",
        oom_killed=False,
        started_ns=0,
        finished_ns=0,
        restart_count=0,
        health=None,
        mounts=(),
        networks={name: NetworkAttachment("n" * 64, place) for name, place in request.networks.items()}
        or {network: NetworkAttachment("n" * 64, EndpointConfig())},
        ports=(),
        sandbox_path="",
        log_path="/dev/null",
        directory=f"/fake/{identifier}",
        storage_driver="fake",
        opaque=request.opaque,
    )
