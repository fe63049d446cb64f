"""`docker history`."""

from core.engine.image_context import ImageContext
from core.images.store import StoredImage
from sdk.engine.images import HistoryEntry
from sdk.oci.image import History


def history(context: ImageContext, ref: str) -> list[HistoryEntry]:
    """Return the steps an image was made by, newest first, each with what its layer takes."""
    image = context.store.find(ref)
    tags = tuple(name.familiar for name in context.store.names(image.id) if name.tag)
    chains = iter(image.chains)
    entries = []
    for step in _steps(image):
        chain = None if step.empty_layer else next(chains, None)
        entries.append(HistoryEntry("", step, context.store.layers.size((chain,)) if chain else 0))
    entries.reverse()
    if entries:
        entries[0] = HistoryEntry(image.id, entries[0].history, entries[0].size, tags)
    return entries


def _steps(image: StoredImage) -> tuple[History, ...]:
    """Return the recorded history, or one nameless step for each layer that it does not account for."""
    steps = image.config.history
    missing = len(image.chains) - sum(not step.empty_layer for step in steps)
    return (*(History() for _ in range(missing)), *steps)
