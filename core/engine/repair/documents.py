"""Images' configurations, manifests and indexes: those that are missing are fetched, and a manifest written anew where that fails."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import msgspec

from core.engine.images.context import ImageContext
from core.engine.repair.finding import Finding
from core.engine.repair.sources import Sources, called, remedy
from core.images.documents import parse_manifest
from core.images.store import ImageRecord, StoredImage
from sdk.errors import EngineError
from sdk.oci.descriptor import OCI_CONFIG, OCI_MANIFEST, Descriptor
from sdk.oci.digest import digest_of
from sdk.oci.image import Manifest


@dataclass(frozen=True, slots=True)
class Missing:
    """A document that an image lacks."""

    image_id: str
    record: ImageRecord
    what: str
    digest: str


def missing_documents(context: ImageContext, bad: Collection[str]) -> Iterator[Missing]:
    """Yield the documents that images lack, an image's manifest before its configuration; damaged ones count as missing."""
    for image_id, record in context.store.records():
        documents = [("manifest", record.manifest.digest), ("configuration", image_id)]
        layers = _layers(context, record)
        if layers is not None:
            rest = set(record.blobs) - layers - {record.manifest.digest, image_id}
            documents += [("index", digest) for digest in sorted(rest)]
        for what, digest in documents:
            if digest in bad or not context.store.content.exists(digest):
                yield Missing(image_id, record, what, digest)


def described(context: ImageContext, missing: Missing) -> Finding:
    """Say what a missing document is a finding of."""
    advice = remedy(context, missing.image_id)
    return Finding("document", called(context, missing.image_id), f"its {missing.what} {missing.digest} is missing", advice)


async def mend_documents(context: ImageContext, sources: Sources) -> None:
    """Bring what is missing; forget images whose configuration is gone for good, for it is all they were."""
    for missing in tuple(missing_documents(context, ())):
        if missing.what == "configuration":
            await _mend_configuration(context, sources, missing)
        elif not await sources.document(missing.image_id, missing.digest) and missing.image_id in context.store:
            await _do_without(context, missing)


async def _mend_configuration(context: ImageContext, sources: Sources, missing: Missing) -> None:
    size = _configuration_size(context, missing.record)
    if size is not None and await sources.blob(missing.image_id, Descriptor(OCI_CONFIG, missing.image_id, size)):
        context.store.add(missing.image_id, missing.record)
    elif not any(name.digest for name in context.store.names(missing.image_id)):
        context.store.forget(missing.image_id)


async def _do_without(context: ImageContext, missing: Missing) -> None:
    """Write a manifest of what is known of an image's layers; do without an index. Not so where a pull brings back the very one."""
    image = context.store.get(missing.image_id)
    if any(name.digest for name in context.store.names(image.id)):
        return
    descriptor = await _write_manifest(context, image) if missing.what == "manifest" else image.record.manifest
    kept = tuple(blob for blob in image.record.blobs if blob not in (missing.digest, descriptor.digest))
    context.store.add(image.id, msgspec.structs.replace(image.record, manifest=descriptor, blobs=(descriptor.digest, *kept)))


async def _write_manifest(context: ImageContext, image: StoredImage) -> Descriptor:
    store = context.store
    records = [store.layers.get(chain) for chain in image.chains]
    layers = tuple(blob for record in records if record and (blob := record.blob or record.tar))
    config = Descriptor(OCI_CONFIG, image.id, store.content.size(image.id))
    content = msgspec.json.encode(Manifest(config=config, layers=layers))
    await store.content.put(content)
    return Descriptor(OCI_MANIFEST, digest_of(content), len(content))


def _configuration_size(context: ImageContext, record: ImageRecord) -> int | None:
    try:
        return parse_manifest(context.store.content.read(record.manifest.digest)).config.size
    except EngineError:
        return None


def _layers(context: ImageContext, record: ImageRecord) -> set[str] | None:
    """Return the digests of the archives a manifest names; None if it cannot be read."""
    try:
        return {layer.digest for layer in parse_manifest(context.store.content.read(record.manifest.digest)).layers}
    except EngineError:
        return None
