"""`docker update`: new limits and restart policy, while the container runs or not."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from core.containers.life.live import LiveContainer
from core.containers.life.state import is_running
from core.containers.limits.host_devices import host_devices
from core.containers.limits.resources import memory_swap, runtime_resources
from core.containers.validation import validate_resources, validate_restart_policy
from core.engine.containers import memory
from core.engine.containers.announce import announce
from core.engine.context import EngineContext
from sdk.engine.config import HostConfig, Limits, RestartKind, UpdateRequest
from sdk.errors import Conflict, explained


async def update(context: EngineContext, live: LiveContainer, request: UpdateRequest) -> Sequence[str]:
    """Change limits; returns warnings (none yet). Raises InvalidArgument for limits that no container can have, Conflict for those that
    do not go with what the container has."""
    _check(request)
    async with context.containers.hold(live):
        with explained(f"Cannot update container {live.id}"):
            host_config = changed(live.record.host_config, request)
            if live.run.task is not None and is_running(live.record):
                await live.run.task.update(runtime_resources(request, host_config.limits, host_devices))
        context.containers.save(live, replace(live.record, host_config=host_config))
        if live.run.task is not None:
            memory.begin(context, live, live.run.task)
    announce(context, live, "update")
    return ()


def changed(host_config: HostConfig, request: UpdateRequest) -> HostConfig:
    """Return a host configuration with what the request names replaced. Raises Conflict."""
    for sentence in _conflicts(host_config, request):
        raise Conflict(sentence)
    policy = request.restart_policy or host_config.restart_policy
    return replace(host_config, restart_policy=policy, limits=_with_limits(host_config.limits, request))


def _check(request: UpdateRequest) -> None:
    """Check the request by itself. Raises InvalidArgument."""
    if request.restart_policy is not None:
        validate_restart_policy(request.restart_policy)
    validate_resources(_with_limits(Limits(), request), update=True)


def _with_limits(limits: Limits, request: UpdateRequest) -> Limits:
    asked = {name: value for name in Limits.__struct_fields__ if (value := getattr(request, name, None)) is not None}
    return replace(limits, **asked)


def _conflicts(host: HostConfig, request: UpdateRequest) -> Iterator[str]:
    """Yield what cannot be: `--cpus` is a period and a quota under another name, and memory plus swap holds the memory."""
    limits = host.limits
    if request.nano_cpus and limits.cpu_period:
        yield "Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set"
    if request.nano_cpus and limits.cpu_quota > 0:
        yield "Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set"
    if request.cpu_period and limits.nano_cpus:
        yield "Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set"
    if (request.cpu_quota or 0) > 0 and limits.nano_cpus:
        yield "Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set"
    if request.memory and not request.memory_swap and request.memory > memory_swap(limits.memory, limits.memory_swap):
        yield ("Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time")
    policy = request.restart_policy
    if host.auto_remove and policy is not None and policy.kind is not RestartKind.NO:
        yield "Restart policy cannot be updated because AutoRemove is enabled for the container"
