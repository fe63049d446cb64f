"""The image store examined, and mended on request.

What is damaged is found by digest, size and presence, never guessed. What can be had again from something whole is made again; what
cannot is forgotten cleanly, so that a pull brings it. What is whole is not touched.
"""

from collections.abc import Mapping

from core.engine.image_context import ImageContext
from core.engine.repair.blobs import damaged_blobs
from core.engine.repair.finding import Finding
from core.engine.repair.images import examine_images
from core.engine.repair.layers import LOST_FILES, LayerState, forget_recipes, layer_states, unpack_again
from core.images.garbage import collect


async def examine(context: ImageContext, *, deep: bool, repair: bool) -> list[Finding]:
    """Return what is wrong with the store. `deep` reads everything and verifies digests; else large content is judged by its size.

    No daemon may work with the store meanwhile.
    """
    bad, findings = await damaged_blobs(context, deep=deep, repair=repair)
    if repair:
        forget_recipes(context, bad)
    states = await layer_states(context, bad, deep=deep)
    if repair:
        findings += await unpack_again(context, states, bad)
    else:
        findings += [Finding("layer", chain, LOST_FILES) for chain, state in states.items() if state is LayerState.UNPACKABLE]
    findings += await examine_images(context, states, bad, repair=repair)
    findings += _pushed_manifests(context, bad, repair=repair)
    if repair:
        _forget_layers(context, states)
        await context.store.content.sweep_partials()
        await collect(context.store, context.storage)
    return findings


def _pushed_manifests(context: ImageContext, bad: set[str], *, repair: bool) -> list[Finding]:
    """Say which manifests that clients pushed lack blobs; they cannot be had again from here."""
    content, hosted, findings = context.store.content, context.store.hosted, []
    for name, record in hosted.manifests():
        missing = [blob for blob in record.blobs if blob in bad or not content.exists(blob)]
        if not missing:
            continue
        if repair:
            hosted.delete(name, record.descriptor.digest)
            for tag, pushed in hosted.tags():
                if tag.name == name.name and pushed.digest == record.descriptor.digest:
                    hosted.delete_tag(tag)
        outcome = "removed; push it again" if repair else ""
        findings.append(Finding("pushed manifest", name.familiar, f"{missing[0]} is missing", outcome, repair))
    return findings


def _forget_layers(context: ImageContext, states: Mapping[str, LayerState]) -> None:
    """Forget layers that have no files, so that a pull installs them."""
    for chain, state in states.items():
        if state is LayerState.LOST:
            context.store.layers.delete(chain)
