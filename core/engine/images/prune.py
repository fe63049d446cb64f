"""`docker image prune`: images no container uses go, the longest unused first.

Beside Docker's filters there are two for what is to be kept, in BuildKit's words: `unused-for`, a duration, and `min-free-space`, bytes
or a part of the disk; with either, what clients pushed here to be served counts as used.
"""

import time
from collections.abc import Iterator

from core.engine.images.context import ImageContext
from core.engine.images.list import select, truth
from core.engine.images.remove import forget
from core.engine.images.space import missing_space
from core.engine.moments import parse_moment
from core.images.garbage import collect
from core.images.store import StoredImage
from sdk.engine.containers import Filters
from sdk.engine.images import Removal
from sdk.errors import Conflict, InvalidArgument
from sdk.events import EventType

_OF_IMAGES = frozenset({"until", "label", "label!"})
_DANGLING, _UNUSED, _FREE = "dangling", "unused-for", "min-free-space"


async def prune(context: ImageContext, filters: Filters) -> tuple[list[Removal], int]:
    """Remove images no container uses: the nameless ones, or all with `dangling=false`. Return what went and the bytes freed on disk."""
    wanted = _free_space(context, filters)
    candidates = list(_candidates(context, filters))
    freed = await context.store.content.sweep_partials()
    freed += (await collect(context.store, context.storage, context.meter)).freed
    removals: list[Removal] = []
    by_age = _UNUSED in filters or _FREE in filters
    for image in candidates:
        if wanted is not None and freed >= wanted:
            break
        removals += _forget(context, image, spare_names=by_age)
        if wanted is not None:
            freed += await _collect(context, removals)
    freed += await _collect(context, removals)
    context.events.emit(EventType.IMAGE, "prune", "", {"reclaimed": str(freed)})
    return removals, freed


async def _collect(context: ImageContext, removals: list[Removal]) -> int:
    """Delete what nothing holds any more, add it to what went, and return the bytes freed."""
    collected = await collect(context.store, context.storage, context.meter)
    removals += [Removal(deleted=chain) for chain in collected.layers]
    return collected.freed


def _free_space(context: ImageContext, filters: Filters) -> int | None:
    """Return how much is to be freed; None if everything that is selected is to go."""
    if _FREE not in filters:
        return None
    return max(missing_space(value, context.store.content.directory) for value in filters[_FREE])


def _candidates(context: ImageContext, filters: Filters) -> Iterator[StoredImage]:
    """Return the images that may go, nameless ones first, then the longest unused. Raises InvalidArgument for unknown filters."""
    dangling_only = truth(_DANGLING, filters[_DANGLING]) if _DANGLING in filters else True
    selected = select(context, {key: value for key, value in filters.items() if key not in (_DANGLING, _UNUSED, _FREE)}, _OF_IMAGES)
    moments = [_before(value) for value in filters.get(_UNUSED, ())]
    served = _served(context) if _UNUSED in filters or _FREE in filters else frozenset()
    for image in sorted(context.store, key=lambda image: (_is_named(context, image), context.store.last_used_ns(image.id))):
        if (
            not _is_beside(context, image)
            and image.id not in served
            and not (dangling_only and _is_named(context, image))
            and all(context.store.last_used_ns(image.id) < moment for moment in moments)
            and selected(context.store.info(image.id, 0))
        ):
            yield image


def _before(duration: str) -> int:
    moment = parse_moment(duration, now := time.time_ns())
    if not duration[-1:].isalpha() or moment > now:
        raise InvalidArgument(f"invalid filter '{_UNUSED}=[{duration}]'")
    return moment


def _is_beside(context: ImageContext, image: StoredImage) -> bool:
    """Tell whether an image goes with the one of another platform that its names point at."""
    return not context.store.names(image.id) and bool(context.store.all_names(image.id))


def _is_named(context: ImageContext, image: StoredImage) -> bool:
    return any(name.tag for name in context.store.names(image.id))


def _served(context: ImageContext) -> frozenset[str]:
    """Return the images that clients pushed here."""
    return frozenset(record.image for _, record in context.store.hosted.manifests())


def _forget(context: ImageContext, image: StoredImage, *, spare_names: bool) -> list[Removal]:
    """Forget an image with all its names. One in use keeps the last of its names by the alphabet, as in dockerd, or all if they are spared."""
    store = context.store
    if image.id not in store or store.children(image.id):
        return []
    names = sorted(map(str, store.names(image.id)))
    if context.users(image.id) and (spare_names or not names):
        return []
    removals: list[Removal] = []
    try:
        for ref in names or [image.id]:
            if image.id in store:  # its digests go with its last tag
                removals += forget(context, ref)
    except Conflict:
        return removals
    return removals
