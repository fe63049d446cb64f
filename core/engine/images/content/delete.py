"""Deleting tags, manifests and blobs by the distribution-spec's names (distribution-spec: "Content Management")."""

from core.engine.images import remove
from core.engine.images.context import ImageContext
from core.images.garbage import collect, remove_blob
from core.images.served import served_digest, served_tags
from sdk.errors import Conflict, NotFound
from sdk.oci.reference import Reference


async def delete_manifest(context: ImageContext, reference: Reference) -> None:
    """Drop a tag, or with a digest a manifest and every tag that stands for it. Raises NotFound, Conflict."""
    digest = served_digest(context.store, reference)
    if digest is None:
        raise NotFound(f"manifest unknown: {reference.familiar}")
    if reference.digest is None:
        await _untag(context, reference)
        return
    for tag in served_tags(context.store, reference):
        named = Reference(reference.domain, reference.path, tag)
        if served_digest(context.store, named) == digest:
            await _untag(context, named)
    by_digest = Reference(reference.domain, reference.path, None, reference.digest)
    if context.store.references.get(by_digest):
        await remove.remove(context, by_digest.familiar)
    context.store.hosted.delete(reference, digest)
    await collect(context.store, context.storage)


async def delete_blob(context: ImageContext, digest: str) -> None:
    """Delete a blob. Raises Conflict if something needs it."""
    await remove_blob(context.store, digest)
    if context.store.content.exists(digest):
        raise Conflict(f"{digest} is in use")


async def _untag(context: ImageContext, reference: Reference) -> None:
    if context.store.references.get(reference):
        await remove.remove(context, reference.familiar)
    context.store.hosted.delete_tag(reference)
