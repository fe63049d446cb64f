"""`docker image prune`."""

from core.engine.image_context import ImageContext
from core.engine.image_list import select, truth
from core.engine.image_remove import remove
from core.images.garbage import collect
from core.images.store import StoredImage
from sdk.engine.containers import Filters
from sdk.engine.images import Removal
from sdk.errors import Conflict
from sdk.events import EventType

_ALLOWED = frozenset({"dangling", "until", "label", "label!"})


async def prune(context: ImageContext, filters: Filters) -> tuple[list[Removal], int]:
    """Remove images no container uses: the nameless ones, or all with `dangling=false`. Return what went and the bytes freed."""
    dangling_only = truth("dangling", filters["dangling"]) if "dangling" in filters else True
    selected = select(context, {key: value for key, value in filters.items() if key != "dangling"}, _ALLOWED)
    before = _occupied(context)
    removals: list[Removal] = []
    for image in context.store:
        if not context.users(image.id) and selected(context.store.info(image.id, 0)):
            removals += await _remove(context, image, dangling_only=dangling_only)
    await collect(context.store, context.storage)
    freed = before - _occupied(context) + await context.store.content.sweep_partials()
    context.events.emit(EventType.IMAGE, "prune", "", {"reclaimed": str(freed)})
    return removals, freed


async def _remove(context: ImageContext, image: StoredImage, *, dangling_only: bool) -> list[Removal]:
    names = context.store.names(image.id)
    if image.id not in context.store or context.store.children(image.id) or (dangling_only and any(name.tag for name in names)):
        return []
    removals: list[Removal] = []
    try:
        for ref in [str(name) for name in names] or [image.id]:
            if image.id in context.store:  # its digests go with its last tag
                removals += await remove(context, ref)
    except Conflict:
        return removals
    return removals


def _occupied(context: ImageContext) -> int:
    return context.store.layers.size(context.store.layers)
