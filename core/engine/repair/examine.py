"""The image store examined, and mended on request.

What is damaged is found by digest, size and presence, never guessed. What can be had again, here or from where an image came, is made
again; what is whole is not touched, and no container's writable layer is. Afterwards the store is looked at once more: only what is not
found any more counts as mended.
"""

from core.engine.images.context import ImageContext
from core.engine.repair import archives, documents, layers
from core.engine.repair.blobs import damaged_blobs
from core.engine.repair.containers import lost_containers, lost_pushes
from core.engine.repair.finding import Examined, Finding
from core.engine.repair.sources import Sources
from core.images.garbage import collect, find_garbage


async def examine(context: ImageContext, *, deep: bool, repair: bool) -> list[Examined]:
    """Return what is wrong with the store. `deep` reads everything and verifies digests; else large content is judged by its size.

    No daemon may work with the store meanwhile.
    """
    found = await _look(context, deep=deep)
    if not (repair and found):
        return [Examined(finding) for finding in found]
    await _mend(context, deep=deep)
    left = await _look(context, deep=deep)
    return [Examined(finding, finding not in left) for finding in dict.fromkeys((*found, *left))]


async def _look(context: ImageContext, *, deep: bool) -> list[Finding]:
    """Strays are looked for where all else is well: before, what belongs to nothing may be what a pull or a repair needs."""
    return await _damage(context, deep=deep) or await _strays(context)


async def _damage(context: ImageContext, *, deep: bool) -> list[Finding]:
    damaged = await damaged_blobs(context, deep=deep)
    found = [Finding("blob", digest, problem) for digest, problem in damaged.items()]
    found += [documents.described(context, missing) for missing in documents.missing_documents(context, damaged)]
    problems = await layers.damaged_layers(context, damaged, deep=deep)
    found += [layers.described(context, chain, problem) for chain, problem in problems.items()]
    found += [archives.described(context, image, chain) for image, chain in archives.bare_layers(context, damaged)]
    found += [*await lost_containers(context), *lost_pushes(context, damaged)]
    return [
        *found,
        *(Finding("name", name.familiar, "it names an image that is not here") for name in context.store.dangling_names()),
    ]


async def _strays(context: ImageContext) -> list[Finding]:
    garbage = await find_garbage(context.store, context.storage)
    found = [Finding("stray", f"layer {chain}", "it belongs to no image") for chain in garbage.layers]
    return [*found, *(Finding("stray", f"blob {digest}", "it belongs to no image") for digest in sorted(garbage.blobs))]


async def _mend(context: ImageContext, *, deep: bool) -> None:
    sources = Sources(context)
    for digest in await damaged_blobs(context, deep=deep):
        await context.store.content.delete(digest)
    await documents.mend_documents(context, sources)
    await layers.mend_layers(context, sources, await layers.damaged_layers(context, (), deep=deep))
    await archives.mend_archives(context, sources)
    for name in context.store.dangling_names():
        context.store.untag(name)
    await context.store.content.sweep_temporaries()
    if not await _damage(context, deep=False):
        await collect(context.store, context.storage)
