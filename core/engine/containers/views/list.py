"""`docker ps`."""

from collections.abc import Sequence
from dataclasses import replace

from core.containers.life.filters import Lookups, matching
from core.engine.containers.views.inspect import describe, inspect
from core.engine.context import EngineContext
from sdk.engine.containers import ContainerInfo, ContainerState, ListRequest
from sdk.errors import EngineError, NotFound

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
    if request.size:
        chosen = [await inspect(context, context.containers.find(info.id), size=True) for info in chosen]
    return _with_images(context, chosen)


def _with_images(context: EngineContext, infos: Sequence[ContainerInfo]) -> Sequence[ContainerInfo]:
    """Show the image's ID for containers whose image name stands for another image by now, or for none. An image is looked up once."""
    named: dict[str, tuple[str, ...]] = {}
    for info in infos:
        if info.image not in named:
            named[info.image] = _image_ids(context, info.image)
    return [info if info.image_id in named[info.image] else replace(info, image=info.image_id) for info in infos]


def _image_ids(context: EngineContext, ref: str) -> tuple[str, ...]:
    """Return the images that a name stands for, of all platforms."""
    try:
        return context.images.siblings(context.images.find(ref).id)
    except EngineError:
        return ()


def _descendants(context: EngineContext, ref: str) -> frozenset[str]:
    try:
        return context.images.descendants(ref)
    except NotFound:
        return frozenset()
