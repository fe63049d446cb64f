"""A container of the engine made for one step of a classic build: all clients see it, and it stays if the client wants that."""

import signal
from contextlib import AsyncExitStack

import anyio
from msgspec.structs import replace

from core.containers.life.live import LiveContainer
from core.containers.mounts.rootfs import opened_root
from core.engine.builds.process import host_config_of, system_points
from core.engine.builds.stubs import Stub, make_stubs, remove_stubs
from core.engine.builds.workspace import SnapshotWorkspace
from core.engine.containers import start
from core.engine.containers.announce import announce
from core.engine.containers.create import create_from
from core.engine.containers.remove import remove
from core.engine.context import EngineContext
from core.images.store import StoredImage
from sdk.builder import Output, StepProcess
from sdk.drivers.logs import StdStream
from sdk.engine.config import ContainerConfig, LogConfig
from sdk.engine.containers import CreateRequest
from sdk.oci.digest import Digest
from sdk.oci.image import ExecutionConfig, HealthcheckConfig
from sdk.oci.ports import parse_ports

_NO_ENTRYPOINT = ("",)


class BuildContainer:
    """Implements `sdk.builder.StepContainer`; `workspace` is over its snapshot."""

    def __init__(self, context: EngineContext, live: LiveContainer, workspace: SnapshotWorkspace) -> None:
        self._context = context
        self._live = live
        self._workspace = workspace

    @property
    def id(self) -> str:
        return self._live.id

    async def run(self, output: Output) -> int:
        """Run the process between making and removing the mount points of the engine's own: they are none of the layer."""
        stubs = await self._make_stubs()
        try:
            return await self._run(output)
        finally:
            with anyio.CancelScope(shield=True):
                await self._remove_stubs(stubs)

    async def _run(self, output: Output) -> int:
        live = self._live
        told, ending = live.hub.subscribe(StdStream.STDOUT, StdStream.STDERR), live.ends.next_exit
        announce(self._context, live, "attach")
        async with AsyncExitStack() as held:
            held.callback(told.close)
            await start.start(self._context, live)
            async for stream, chunk in told:
                output(stream, chunk)
            await ending.event.wait()
        return ending.result.exit_code

    async def commit(self, *, newest: int | None = None, keep: bool = False) -> Digest | None:
        return await self._workspace.commit(newest=newest, keep=keep)

    async def remove(self) -> None:
        context, live = self._context, self._live
        if live.id not in context.containers:
            return
        if (task := live.run.task) is not None:
            await task.signal(signal.SIGKILL)
            await start.await_end(context, live, task)  # a daemon that stops supervises no container any more
        await remove(context, live, force=True, volumes=True)

    async def _make_stubs(self) -> list[Stub]:
        async with opened_root(self._context.drivers.storage, self.id) as root:
            return make_stubs(root, system_points())

    async def _remove_stubs(self, stubs: list[Stub]) -> None:
        if stubs and self._live.run.task is None:
            async with opened_root(self._context.drivers.storage, self.id) as root:
                remove_stubs(root, stubs)


async def make_container(
    context: EngineContext, image: StoredImage, config: ExecutionConfig, process: StepProcess
) -> LiveContainer:
    """Make the container of a step. Raises InvalidArgument, NoSuchNetwork."""
    own = ContainerConfig(
        image=image.id,
        cmd=process.args,
        entrypoint=_NO_ENTRYPOINT,
        env=process.env,
        user=process.user,
        working_dir=process.cwd,
        attach_stdout=True,
        attach_stderr=True,
        exposed_ports=parse_ports(config.exposed_ports),
        volumes=tuple(config.volumes),
        labels=config.labels,
        healthcheck=HealthcheckConfig(test=("NONE",)),
    )
    host = replace(host_config_of(process), log_config=LogConfig(type="none"))
    cgroup_version = await context.drivers.cgroup_version(context.runtime_name(host.runtime))
    with context.images.layers.pins.hold(image.chains):
        created = await create_from(context, CreateRequest(own, host), image, cgroup_version)
    return context.containers.find(created.id)
