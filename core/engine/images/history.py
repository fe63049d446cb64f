"""`docker history`."""

from core.engine.images.context import ImageContext
from core.images.store import StoredImage
from sdk.engine.images import HistoryEntry
from sdk.oci.descriptor import Platform
from sdk.oci.image import History


def history(context: ImageContext, ref: str, platform: Platform | None = None) -> list[HistoryEntry]:
    """Return the steps an image was made by, newest first, each with what its layer takes. Raises what `ImageStore.find_for` raises."""
    image = context.store.find_for(ref, platform)
    chains = iter(image.chains)
    entries = []
    for step in _steps(image):
        chain = None if step.empty_layer else next(chains, None)
        entries.append(HistoryEntry("", step, context.store.layers.size((chain,)) if chain else 0))
    entries.reverse()
    for number, made in enumerate(_lineage(context, image)[: len(entries)]):
        tags = tuple(name.familiar for name in context.store.all_names(made.id) if name.tag)
        entries[number] = HistoryEntry(made.id, entries[number].history, entries[number].size, tags)
    return entries


def _lineage(context: ImageContext, image: StoredImage) -> list[StoredImage]:
    """Return an image and those it was made from, as far as each is one step of its history older."""
    found = [image]
    while (parent := found[-1].record.parent) in context.store:
        older = context.store.get(parent)
        if len(_steps(older)) != len(_steps(found[-1])) - 1:
            break
        found.append(older)
    return found


def _steps(image: StoredImage) -> tuple[History, ...]:
    """Return the recorded history, or one nameless step for each layer that it does not account for."""
    steps = image.config.history
    missing = len(image.chains) - sum(not step.empty_layer for step in steps)
    return (*(History() for _ in range(missing)), *steps)
