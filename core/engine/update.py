"""`docker update`: new limits and restart policy, while the container runs or not."""

from collections.abc import Sequence

from msgspec.structs import replace

from core.containers.live import LiveContainer
from core.containers.resources import runtime_resources
from core.containers.state import is_running
from core.containers.validation import validate_resources, validate_restart_policy
from core.engine.announce import announce
from core.engine.context import EngineContext
from sdk.engine.config import HostConfig, RestartPolicy, UpdateRequest
from sdk.errors import Conflict


async def update(context: EngineContext, live: LiveContainer, request: UpdateRequest) -> Sequence[str]:
    """Change limits; returns warnings (none yet). Raises InvalidArgument for limits Docker refuses."""
    async with context.containers.hold(live):
        host_config = changed(live.record.host_config, request)
        validate_resources(host_config, update=True)
        if live.task is not None and is_running(live.record):
            await live.task.update(runtime_resources(request, host_config))
        context.containers.save(live, replace(live.record, host_config=host_config))
    announce(context, live, "update")
    return ()


def changed(host_config: HostConfig, request: UpdateRequest) -> HostConfig:
    """Return a host configuration with what the request names replaced."""
    fields = {name: value for name in request.__struct_fields__ if (value := getattr(request, name)) is not None}
    policy = fields.get("restart_policy")
    if isinstance(policy, RestartPolicy):
        _check_policy(host_config, policy)
    return replace(host_config, **fields)


def _check_policy(host_config: HostConfig, policy: RestartPolicy) -> None:
    validate_restart_policy(policy)
    if host_config.auto_remove and policy.name not in ("", "no"):
        raise Conflict("Restart policy cannot be updated because AutoRemove is enabled for the container")
