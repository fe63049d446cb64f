"""`docker rmi --platform`: some of the platforms that a name stands for go, the name stays."""

from collections.abc import Sequence

from core.engine.images.context import ImageContext
from core.engine.images.remove import conflict_of, remove
from core.images.garbage import collect
from sdk.engine.images import Removal
from sdk.oci.descriptor import Platform


async def remove_platforms(context: ImageContext, ref: str, platforms: Sequence[Platform], *, force: bool = False) -> list[Removal]:
    """Remove the images of some platforms, and the name with the last one. Nothing goes if one of them is not here or in use.

    Raises NoSuchImage, NotFound, Conflict.
    """
    images = {image.id: image for image in (context.store.find_for(ref, platform) for platform in platforms)}
    if set(context.store.siblings(context.store.find(ref).id)) <= images.keys():
        return await remove(context, ref, force=force)
    for image in images.values():
        if conflict := conflict_of(context, image, force=force, names_count=False):
            raise conflict
    for image_id in images:
        context.announce("delete", image_id, image_id)
        context.store.forget(image_id)
    collected = await collect(context.store, context.storage)
    return [*(Removal(deleted=image_id) for image_id in images), *(Removal(deleted=chain) for chain in collected.layers)]
