"""`docker ps`."""

from collections.abc import Sequence

from core.containers.filters import Lookups, matching
from core.engine.context import EngineContext
from core.engine.inspect import describe, inspect
from sdk.engine.containers import ContainerInfo, ContainerState, ListRequest
from sdk.errors import NotFound

_SHOWN = frozenset({ContainerState.RUNNING, ContainerState.PAUSED, ContainerState.RESTARTING})


async def list_containers(context: EngineContext, request: ListRequest) -> Sequence[ContainerInfo]:
    """Return containers newest first; without `all`, limit or a status filter only the running ones. Takes no container's lock."""
    everything = request.all or request.limit > 0 or bool(request.filters.get("status"))
    infos = [describe(context, live) for live in context.containers if everything or live.record.state in _SHOWN]
    lookups = Lookups(
        descendants=lambda ref: _descendants(context, ref),
        container=lambda ref: describe(context, context.containers.find(ref)),
    )
    chosen = sorted(matching(infos, request.filters, lookups), key=lambda info: info.created_ns, reverse=True)
    if request.limit > 0:
        chosen = chosen[: request.limit]
    if not request.size:
        return chosen
    return [await inspect(context, context.containers.find(info.id), size=True) for info in chosen]


def _descendants(context: EngineContext, ref: str) -> frozenset[str]:
    try:
        return context.images.descendants(ref)
    except NotFound:
        return frozenset()
