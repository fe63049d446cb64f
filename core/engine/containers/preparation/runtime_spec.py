"""From a record to what a runtime gets: everything looked up, then built by `containers.spec`."""

from contextlib import suppress
from pathlib import Path

import anyio
import msgspec

from core.containers.cdi.requests import with_requested_devices
from core.containers.files.hostfiles import host_file_mounts
from core.containers.life import merge
from core.containers.life.live import LiveContainer
from core.containers.life.record import ContainerRecord
from core.containers.limits.host_devices import host_devices
from core.containers.limits.resources import cgroup_of
from core.containers.mounts.plan import root_propagation
from core.containers.mounts.shared_memory import shareable_memory
from core.containers.process.init_process import find_init
from core.containers.process.namespaces import SharedNamespaces
from core.containers.process.spec import exec_process as further_process
from core.containers.process.users import Identity
from core.containers.spec import SpecRequest, build_spec
from core.engine.containers.preparation.defaults import with_start_defaults
from core.engine.containers.preparation.joining import ipc_namespace, network_holder, pid_namespace, shared_memory
from core.engine.containers.preparation.links import environment_of_links, links_of
from core.engine.context import EngineContext
from sdk.drivers.runtime import ProcessIO
from sdk.engine.containers import ExecRequest
from sdk.engine.modes import NamespaceKind, NamespaceMode
from sdk.errors import EngineError, NotRunning
from sdk.linux.atomic import replace_file
from sdk.oci import runtime as oci

DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_PROCESS = "process.json"

_limiter = anyio.CapacityLimiter(4)


async def runtime_spec(
    context: EngineContext, record: ContainerRecord, identity: Identity, sandbox_path: str, mounts: tuple[oci.Mount, ...]
) -> oci.Spec:
    """Return a container's runtime spec. Raises InvalidArgument, Conflict (a shared namespace's owner does not run), StartFailed (no init)."""
    host_config = with_start_defaults(context.settings, record.host_config)
    request = SpecRequest(
        id=record.id,
        config=record.config,
        host_config=host_config,
        args=merge.command_line(record.config),
        host_devices=host_devices,
        env=merge.with_home(
            merge.merge_env(environment_of_links(links_of(context, record)), environment(record, terminal=record.config.tty)),
            identity.home,
        ),
        cwd=record.config.working_dir or "/",
        user=identity.user,
        hostname=record.config.hostname,
        domainname=record.config.domainname,
        mounts=(*_host_files(context, record), *_shared_memory(context, record), *mounts),
        namespaces=_shared(context, host_config.pid_mode, host_config.ipc_mode, sandbox_path),
        cgroups_path=cgroup_of(host_config.cgroup_parent, context.settings.instance, record.id),
        cgroup_version=await context.drivers.cgroup_version(host_config.runtime),
        rootfs=str(context.bundle(record.id) / "rootfs"),
        rootfs_propagation=root_propagation(record.mounts),
        init_binary=find_init(context.settings.containers.init_path) if host_config.init else "",
    )
    spec = build_spec(request)
    if host_config.device_requests:
        spec = await anyio.to_thread.run_sync(
            with_requested_devices, spec, host_config.device_requests, context.settings.cdi_spec_dirs, limiter=_limiter
        )
    return spec


def environment(record: ContainerRecord, *, terminal: bool) -> tuple[str, ...]:
    """Return the variables of a process in a container but for HOME: Docker's own, then those of the container's configuration."""
    implied = (DEFAULT_PATH, f"HOSTNAME={record.config.hostname}", *(("TERM=xterm",) if terminal else ()))
    return merge.merge_env(implied, record.config.env)


def process_io(record: ContainerRecord) -> ProcessIO:
    """Return the streams a container's configuration asks for."""
    rows, columns = record.host_config.console_size
    return ProcessIO(terminal=record.config.tty, stdin=record.config.open_stdin, rows=rows, columns=columns)


def remember_process(context: EngineContext, live: LiveContainer, process: oci.Process) -> None:
    """Keep the container's process as later ones are modelled on it, also for the next daemon."""
    live.run.model(process)
    replace_file(context.bundle(live.id) / _PROCESS, msgspec.json.encode(process))


def forget_process(context: EngineContext, live: LiveContainer) -> None:
    """Note that a container's run is settled: what is left of it is only to be freed, also by the next daemon."""
    live.run.forget_model()
    (context.bundle(live.id) / _PROCESS).unlink(missing_ok=True)


def is_settled(context: EngineContext, container_id: str) -> bool:
    """Tell whether a bundle that was found belongs to a run whose end is in the record already."""
    return not (context.bundle(container_id) / _PROCESS).exists()


async def exec_process(context: EngineContext, live: LiveContainer, request: ExecRequest, identity: Identity) -> oci.Process:
    """Return the process of an exec: the container's own with what the request changes. Raises NotRunning."""
    record = live.record
    return further_process(
        live.run.process or _remembered(context, live),
        args=request.cmd,
        env=merge.with_home(merge.merge_env(environment(record, terminal=request.tty), request.env), identity.home),
        cwd=request.working_dir or record.config.working_dir or "/",
        user=identity.user,
        terminal=request.tty,
        privileged=request.privileged,
    )


def _remembered(context: EngineContext, live: LiveContainer) -> oci.Process:
    """Return the container's process as a daemon before this one started it. Raises NotRunning."""
    try:
        remembered = (context.bundle(live.id) / _PROCESS).read_bytes()
    except FileNotFoundError:
        raise NotRunning(live.id) from None
    return live.run.model(msgspec.json.decode(remembered, type=oci.Process))


def _host_files(context: EngineContext, record: ContainerRecord) -> tuple[oci.Mount, ...]:
    taken = {mount.destination for mount in record.mounts}
    directory = host_file_directory(context, record)
    return tuple(host_file_mounts(directory, context.settings.exec_root, taken, readonly=record.host_config.readonly_rootfs))


def host_file_directory(context: EngineContext, record: ContainerRecord) -> Path:
    """Return where the files are that tell a container about its network: one that shares another's network has that one's."""
    with suppress(EngineError):
        return context.directory(network_holder(context, record).id)
    return context.directory(record.id)


def _shared(context: EngineContext, pid_mode: NamespaceMode, ipc_mode: NamespaceMode, sandbox_path: str) -> SharedNamespaces:
    return SharedNamespaces(
        network=sandbox_path,
        pid=pid_namespace(context, pid_mode),
        ipc=ipc_namespace(context, ipc_mode),
    )


def _shared_memory(context: EngineContext, record: ContainerRecord) -> tuple[oci.Mount, ...]:
    mode = record.host_config.ipc_mode
    if mode.kind is NamespaceKind.SHAREABLE:
        return (shareable_memory(context.bundle(record.id), with_start_defaults(context.settings, record.host_config).shm_size),)
    return shared_memory(context, mode)
