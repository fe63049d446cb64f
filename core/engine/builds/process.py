"""Running one process of a build: like a container that has no record, no log and no name."""

import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import anyio
from msgspec.structs import replace

from core.containers.files.hostfiles import HOST_FILES, host_file_mounts, write_host_files
from core.containers.life.merge import merge_env
from core.containers.life.record import ContainerRecord
from core.containers.limits.host_devices import host_devices
from core.containers.limits.resources import cgroup_of
from core.containers.mounts.rootfs import opened_root
from core.containers.process.namespaces import SharedNamespaces
from core.containers.process.users import Identity, identify
from core.containers.spec import SpecRequest, build_spec
from core.containers.validation import validate_host_config
from core.engine.builds.mounts import StepMounts, step_mounts
from core.engine.builds.stubs import Stub, make_stubs, remove_stubs
from core.engine.containers.preparation.identity import read_accounts
from core.engine.containers.preparation.runtime_spec import DEFAULT_PATH
from core.engine.context import EngineContext
from core.networks.attachments import ConnectRequest
from core.networks.endpoint_rules import network_of_mode
from core.streams.hub import OutputHub
from core.streams.pump import PumpSet, StreamPump
from sdk.builder import Output, StepProcess
from sdk.drivers.logs import StdStream
from sdk.drivers.runtime import Bundle, ProcessIO, Task
from sdk.engine.config import ContainerConfig, HostConfig, Limits
from sdk.engine.modes import NetworkKind, NetworkMode, network_named
from sdk.errors import InvalidArgument
from sdk.oci import runtime as oci
from sdk.oci.descriptor import host as host_platform

_PATIENCE = 2.0
_SYSTEM_POINTS = ("/proc", "/sys", "/dev")


@dataclass(frozen=True, slots=True)
class _Step:
    """A step about to run: its record, which is kept nowhere, where its state is, and where the files about its network are."""

    record: ContainerRecord
    bundle: Path
    directory: Path

    @property
    def rootfs(self) -> str:
        return str(self.bundle / "rootfs")


async def run_process(context: EngineContext, key: str, process: StepProcess, output: Output) -> int:
    """Run a process in an active snapshot to its end and return its exit code; the mount points it needed are gone afterwards.

    Cancelled, it kills the process. Raises StartFailed, InvalidArgument, NoSuchNetwork; nothing is left running then.
    """
    step = _Step(_record(process), context.bundle(process.id), context.directory(process.id))
    async with AsyncExitStack() as held:
        step.bundle.mkdir(parents=True)
        held.callback(shutil.rmtree, step.bundle, ignore_errors=True)
        step.directory.mkdir(parents=True)
        held.callback(shutil.rmtree, step.directory, ignore_errors=True)
        sandbox = await _connect(context, step, held)
        mounts = await step_mounts(context, process.mounts, step.bundle, held)
        stubs = await _in_snapshot(context, key, lambda root: make_stubs(root, (*system_points(), *mounts.points)))
        held.push_async_callback(_clean, context, key, stubs)
        identity = identify(process.user, await read_accounts(context, key))
        spec = await _spec(context, step, process, identity, sandbox, mounts)
        return await _run(context, step, key, spec, output)


def host_config_of(process: StepProcess) -> HostConfig:
    """Return what a step's process may use of the host. Raises InvalidArgument."""
    limits = process.limits
    host_config = HostConfig(
        network_mode=_network_mode(process.network),
        extra_hosts=process.extra_hosts,
        limits=Limits(
            memory=limits.memory,
            memory_swap=limits.memory_swap,
            cpu_shares=limits.cpu_shares,
            cpu_period=limits.cpu_period,
            cpu_quota=limits.cpu_quota,
            cpuset_cpus=limits.cpuset_cpus,
            cpuset_mems=limits.cpuset_mems,
        ),
        shm_size=limits.shm_size,
        cgroup_parent=limits.cgroup_parent,
        ulimits=limits.ulimits,
    )
    validate_host_config(ContainerConfig(), host_config)
    return host_config


def _network_mode(text: str) -> NetworkMode:
    """Return what the builder calls `container:` and a container's name or ID, or by a network's name."""
    kind, _, owner = text.partition(":")
    return (
        NetworkMode(NetworkKind.CONTAINER, container=owner)
        if kind == "container" and owner
        else network_named(network_of_mode(text))
    )


def _record(process: StepProcess) -> ContainerRecord:
    return ContainerRecord(
        id=process.id,
        name=f"build-{process.id[:12]}",
        created_ns=time.time_ns(),
        image_id="",
        image="",
        chain_id=None,
        platform=host_platform(),
        path=process.args[0],
        args=process.args[1:],
        config=ContainerConfig(hostname=process.hostname or process.id[:12]),
        host_config=host_config_of(process),
    )


async def _connect(context: EngineContext, step: _Step, held: AsyncExitStack) -> str:
    record = step.record
    mode = record.host_config.network_mode
    if mode.joins:  # a step of the classic builder is a container, which may; as in Docker no other step may
        raise InvalidArgument(f'network mode "container:{mode.container}" not supported by buildkit')
    request = ConnectRequest(record.id, record.name, record.config.hostname, mode.network)
    connected = await context.attachments.connect(request)
    held.push_async_callback(context.attachments.disconnect, record.id)
    write_host_files(step.directory, record, connected)
    return connected.sandbox_path or ""


def system_points() -> Iterable[tuple[str, bool]]:
    """Yield what the engine itself mounts in every container (path, whether a directory)."""
    yield from ((path, True) for path in _SYSTEM_POINTS)
    yield from ((path, False) for path in HOST_FILES)


async def _in_snapshot(context: EngineContext, key: str, work: Callable[[int], list[Stub]]) -> list[Stub]:
    async with opened_root(context.drivers.storage, key) as root:
        return work(root)


async def _clean(context: EngineContext, key: str, stubs: list[Stub]) -> None:
    if stubs:
        with anyio.CancelScope(shield=True):
            async with opened_root(context.drivers.storage, key) as root:
                remove_stubs(root, stubs)


async def _spec(
    context: EngineContext, step: _Step, process: StepProcess, identity: Identity, sandbox: str, mounts: StepMounts
) -> oci.Spec:
    record = step.record
    implied = (DEFAULT_PATH, f"HOSTNAME={record.config.hostname}", f"HOME={identity.home}")
    request = SpecRequest(
        id=record.id,
        config=record.config,
        host_config=record.host_config,
        args=process.args,
        host_devices=host_devices,
        env=merge_env(implied, process.env),
        cwd=process.cwd,
        user=identity.user,
        hostname=record.config.hostname,
        mounts=tuple(host_file_mounts(step.directory, context.settings.exec_root)),
        namespaces=SharedNamespaces(network=sandbox),
        cgroups_path=cgroup_of(record.host_config.cgroup_parent, context.settings.instance, record.id),
        cgroup_version=await context.drivers.cgroup_version(),
        rootfs=step.rootfs,
    )
    spec = build_spec(request)
    return context.amend(replace(spec, mounts=(*spec.mounts, *mounts.mounts)), record.id)


async def _run(context: EngineContext, step: _Step, key: str, spec: oci.Spec, output: Output) -> int:
    rootfs = await context.drivers.storage.mounts(key)
    task = await context.drivers.runtime().start(Bundle(step.record.id, step.bundle, spec, rootfs), ProcessIO())
    try:
        pumps = _pumps(task, output)
        status = await task.wait()
        await pumps.drained(_PATIENCE)
        return status.code
    finally:
        with anyio.CancelScope(shield=True):
            await task.delete()


def _pumps(task: Task, output: Output) -> PumpSet:
    hub = _Passing(output)
    sources = ((task.stdout, StdStream.STDOUT), (task.stderr, StdStream.STDERR))
    pumps = PumpSet(tuple(StreamPump(fd, stream, hub) for fd, stream in sources if fd is not None), hub)
    pumps.start()
    return pumps


class _Passing(OutputHub):
    """A hub without subscribers: everything goes to one function."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self._output = output

    def publish(self, stream: StdStream, chunk: bytes) -> bool:
        self._output(stream, chunk)
        return False
