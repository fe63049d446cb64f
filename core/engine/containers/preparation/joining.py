"""Containers whose namespaces others join (`container:` modes): found, or refused in Docker's words for that namespace."""

from msgspec.structs import replace

from core.containers.life.live import LiveContainer
from core.containers.life.record import ContainerRecord
from core.containers.life.state import is_running
from core.containers.mounts.shared_memory import joined_memory
from core.engine.containers.preparation.defaults import as_run
from core.engine.context import EngineContext
from sdk.engine.containers import ContainerState
from sdk.engine.modes import NamespaceMode, NetworkMode
from sdk.errors import Conflict, InvalidArgument, NotFound, NotRunning, StartFailed
from sdk.oci import runtime as oci


def network_owner(context: EngineContext, container_id: str, mode: NetworkMode) -> LiveContainer | None:
    """Return the container whose network another one joins; None for a mode that joins none. Raises Conflict if it cannot be."""
    if not mode.joins:
        return None
    ref = mode.container
    try:
        owner = context.containers.find(ref)
    except (NotFound, InvalidArgument) as error:
        raise Conflict(f"joining network namespace of container: {error.message}") from None
    if owner.id == container_id:
        raise Conflict("cannot join own network namespace")
    if owner.record.state is ContainerState.RESTARTING:
        raise Conflict(
            f"cannot join network namespace of container: Container {ref} is restarting, wait until the container is running"
        )
    if not is_running(owner.record):
        raise Conflict(f"cannot join network namespace of a non running container: container {owner.name} is {owner.record.state}")
    return owner


def network_holder(context: EngineContext, record: ContainerRecord) -> ContainerRecord:
    """Return the container whose network one has: its own, or what stands at the end of a chain of `container:` modes.

    Modes may name containers that came later, so a chain may be a ring. Raises Conflict for one, NoSuchContainer, InvalidArgument.
    """
    passed = set[str]()
    while (mode := as_run(record).host_config.network_mode).joins:
        passed.add(record.id)
        record = context.containers.find(mode.container).record
        if record.id in passed:
            raise Conflict("cannot join own network namespace")
    return record


def with_names_of_network(context: EngineContext, record: ContainerRecord) -> ContainerRecord:
    """Return a container with the host name that it has when it starts: that of the container whose network it joins. Raises Conflict."""
    owner = network_owner(context, record.id, as_run(record).host_config.network_mode)
    if owner is None:
        return record
    theirs = owner.record.config
    config = replace(record.config, hostname=theirs.hostname, domainname=theirs.domainname)
    return record if config == record.config else replace(record, config=config)


def pid_namespace(context: EngineContext, mode: NamespaceMode) -> str:
    """Return the path of the PID namespace to join, "" for none. Raises StartFailed."""
    try:
        owner = _running(context, mode)
    except (Conflict, NotFound, InvalidArgument) as error:
        raise StartFailed(f"failed to join PID namespace: {error.message}") from None
    return f"/proc/{owner.record.pid}/ns/pid" if owner is not None else ""


def ipc_namespace(context: EngineContext, mode: NamespaceMode) -> str:
    """Return the path of the IPC namespace to join, "" for none. Raises Conflict, InvalidArgument."""
    owner = _ipc_owner(context, mode)
    return f"/proc/{owner.record.pid}/ns/ipc" if owner is not None else ""


def shared_memory(context: EngineContext, mode: NamespaceMode) -> tuple[oci.Mount, ...]:
    """Return the mount of the shared memory that goes with a joined IPC namespace. Raises Conflict, InvalidArgument."""
    owner = _ipc_owner(context, mode)
    return (joined_memory(owner.id, context.bundle(owner.id)),) if owner is not None else ()


def _ipc_owner(context: EngineContext, mode: NamespaceMode) -> LiveContainer | None:
    try:
        return _running(context, mode)
    except Conflict as error:
        raise Conflict(f"failed to join IPC namespace: {error.message}") from None
    except (NotFound, InvalidArgument) as error:
        raise InvalidArgument(f"failed to join IPC namespace: {error.message}") from None


def _running(context: EngineContext, mode: NamespaceMode) -> LiveContainer | None:
    if not mode.joins:
        return None
    owner = context.containers.find(mode.container)
    if owner.record.state is ContainerState.RESTARTING:
        raise Conflict(f"Container {owner.id} is restarting, wait until the container is running")
    if not is_running(owner.record):
        raise NotRunning(owner.id)
    return owner
