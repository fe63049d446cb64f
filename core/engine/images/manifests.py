"""What the index of an image's names lists, and what of it is kept here (image-spec: image-index.md)."""

from core.engine.images.context import ImageContext
from core.images.documents import parse_index, parse_manifest
from core.images.platforms import ATTESTATION, ATTESTED
from core.images.store import StoredImage
from sdk.engine.images import ManifestInfo, ManifestKind
from sdk.oci.descriptor import MANIFEST_TYPES, Descriptor


def manifests_of(context: ImageContext, image: StoredImage) -> tuple[ManifestInfo, ...]:
    """Return the manifests of an image's index in its order; for an image without one, its own manifest."""
    index = index_of(context, image)
    if not index:
        return (_kept(context, image, image.record.manifest),)
    kept = {each.record.manifest.digest: each for each in map(context.store.get, context.store.siblings(image.id))}
    entries = parse_index(context.store.content.read(index)).manifests
    return tuple(
        _kept(context, kept[entry.digest], entry) if entry.digest in kept else _listed(context, entry) for entry in entries
    )


def index_of(context: ImageContext, image: StoredImage) -> str:
    """Return the digest of the newest index that a name of an image stands for, if that is here; "" if there is none."""
    records = [record for name in context.store.all_names(image.id) if (record := context.store.references.get(name))]
    known = [record for record in records if record.index and context.store.content.exists(record.index)]
    return max(known, key=lambda record: record.tagged_ns).index if known else ""


def _kept(context: ImageContext, image: StoredImage, entry: Descriptor) -> ManifestInfo:
    content = context.store.content
    return ManifestInfo(
        entry,
        ManifestKind.IMAGE,
        available=True,
        content_size=sum(content.size(blob) for blob in _own_blobs(context, image) if content.exists(blob)),
        unpacked_size=image.record.size,
        platform=image.config.platform,
        image_id=image.id,
        containers=tuple(container for container, _runs in context.users(image.id)),
    )


def _own_blobs(context: ImageContext, image: StoredImage) -> tuple[str, ...]:
    """Return the content of one platform: its manifest, configuration and layers."""
    manifest = parse_manifest(context.store.content.read(image.record.manifest.digest))
    return (image.record.manifest.digest, manifest.config.digest, *dict.fromkeys(layer.digest for layer in manifest.layers))


def _listed(context: ImageContext, entry: Descriptor) -> ManifestInfo:
    here = context.store.content.exists(entry.digest)
    size = context.store.content.size(entry.digest) if here else 0
    if entry.annotations.get(ATTESTATION):
        subject = entry.annotations.get(ATTESTED, "")
        return ManifestInfo(entry, ManifestKind.ATTESTATION, available=here, content_size=size, subject=subject)
    kind = ManifestKind.IMAGE if entry.media_type in MANIFEST_TYPES else ManifestKind.UNKNOWN
    return ManifestInfo(entry, kind, available=False, content_size=size, platform=entry.platform)
