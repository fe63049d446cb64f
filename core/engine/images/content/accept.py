"""Manifests pushed to this engine: checked, recorded, and made images where this machine can run them."""

import logging
from contextlib import ExitStack
from dataclasses import dataclass

import msgspec
from msgspec import Struct

from core.engine.images.context import ImageContext
from core.images.documents import parse_config, parse_index, parse_manifest
from core.images.hosted import HostedManifest, HostedTag
from core.images.platforms import choose
from core.images.receiving.installer import Layer
from core.images.store import ImageRecord
from sdk.errors import DataLoss, InvalidArgument, NotFound
from sdk.oci.descriptor import (
    DOCKER_CONFIG,
    INDEX_TYPES,
    MANIFEST_TYPES,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_MANIFEST,
    Descriptor,
    matches,
)
from sdk.oci.descriptor import host as this_machine
from sdk.oci.digest import Digest, chain_ids, digest_of, is_digest, parse_digest
from sdk.oci.image import Index, Manifest
from sdk.oci.reference import Reference

_log = logging.getLogger(__name__)
_CONFIG_TYPES = frozenset({OCI_CONFIG, DOCKER_CONFIG})
_LATER = "nondistributable", "foreign"
"""Layers of these types stay where they are; no push takes them along."""


class _Probe(Struct, rename="camel"):
    media_type: str = ""
    manifests: msgspec.Raw = msgspec.Raw()


@dataclass(frozen=True, slots=True)
class Document:
    """A manifest or an index, read. `descriptor` is as the list of referrers shows it."""

    descriptor: Descriptor
    content: bytes
    manifest: Manifest | None
    index: Index | None

    @property
    def blobs(self) -> tuple[str, ...]:
        """Return all content it holds on to, itself included."""
        if self.manifest is None:
            return (self.descriptor.digest,)
        present = (layer.digest for layer in self.manifest.layers if not _stays_elsewhere(layer))
        return (self.descriptor.digest, self.manifest.config.digest, *present)

    @property
    def children(self) -> tuple[str, ...]:
        return tuple(entry.digest for entry in self.index.manifests) if self.index else ()

    @property
    def subject(self) -> str:
        subject = (self.manifest or self.index or _NOTHING).subject
        return subject.digest if isinstance(subject, Descriptor) else ""


_NOTHING = Index(manifests=())


def read_document(content: bytes, media_type: str, like: str = "sha256") -> Document:
    """Read what was pushed; its digest is of the algorithm of the digest `like`. Raises InvalidArgument if it is malformed or calls itself something else than the client does."""
    try:
        own = msgspec.json.decode(content, type=_Probe)
        kind = own.media_type or media_type or (OCI_INDEX if bytes(own.manifests) else OCI_MANIFEST)
        if media_type and kind != media_type:
            raise InvalidArgument(f"the manifest is of type {kind}, not {media_type}")
        index = parse_index(content) if kind in INDEX_TYPES else None
        manifest = parse_manifest(content) if kind in MANIFEST_TYPES else None
        for digest in (*_digests(manifest), *(entry.digest for entry in (index or _NOTHING).manifests)):
            parse_digest(digest)
    except (UnicodeError, RecursionError):
        raise InvalidArgument("manifest invalid: not UTF-8, or nested too deeply") from None
    except (msgspec.MsgspecError, DataLoss) as error:
        raise InvalidArgument(f"manifest invalid: {error}") from error
    if not (index or manifest):
        raise InvalidArgument(f"unsupported manifest media type {kind or 'unknown'}")
    return Document(_described(content, kind, manifest, index, like), content, manifest, index)


async def host(context: ImageContext, reference: Reference, document: Document) -> None:
    """Record a document under a tag or its digest; see `sdk.engine.Content.put_manifest`."""
    store, digest = context.store, document.descriptor.digest
    with ExitStack() as pins:
        pins.enter_context(store.content.pins.hold(document.blobs))
        await _require_presence(context, reference, document, pins)
        await store.content.put(document.content, digest)
        image = await _image(context, reference, document)
        store.hosted.put(reference, HostedManifest(document.descriptor, document.blobs, image, document.subject, document.children))
        if image:
            store.tag(image, Reference(reference.domain, reference.path, None, parse_digest(digest)))
        if reference.tag:
            _tag(context, reference, HostedTag(digest, image))


def _tag(context: ImageContext, reference: Reference, tag: HostedTag) -> None:
    name = Reference(reference.domain, reference.path, reference.tag)
    context.store.hosted.put_tag(name, tag)
    if tag.image:
        context.store.tag(tag.image, name)
        context.announce("load", tag.image, name.familiar)
    else:
        context.store.untag(name)


async def _require_presence(context: ImageContext, reference: Reference, document: Document, pins: ExitStack) -> None:
    for digest in (*document.blobs[1:], *document.children):
        await context.blobs.restore(digest, pins)
        if not context.store.content.exists(digest):
            raise NotFound(f"{reference.familiar_name}: blob unknown: {digest}")


async def _image(context: ImageContext, reference: Reference, document: Document) -> str:
    """Return the ID of the image a document stands for on this machine, which is in the store then; "" if it stands for none."""
    if document.index:
        return _image_of_index(context, reference, document.index)
    manifest = document.manifest
    if manifest is None or manifest.config.media_type not in _CONFIG_TYPES:
        return ""
    try:
        config = parse_config(context.store.content.read(manifest.config.digest))
    except DataLoss:
        return ""
    offered = config.platform
    is_whole = (
        manifest.layers and len(manifest.layers) == len(config.rootfs.diff_ids) and not any(map(_stays_elsewhere, manifest.layers))
    )
    if not is_whole or not all(map(is_digest, config.rootfs.diff_ids)) or not matches(this_machine(), offered):
        return ""
    layers = [Layer(blob, Digest(diff_id)) for blob, diff_id in zip(manifest.layers, config.rootfs.diff_ids, strict=True)]
    return manifest.config.digest if await _installed(context, document, layers) else ""


async def _installed(context: ImageContext, document: Document, layers: list[Layer]) -> bool:
    """Make a document an image; not so if its layers are not what it says. That is nothing to refuse it for: a registry does not look inside."""
    store, chains = context.store, chain_ids(tuple(layer.diff_id for layer in layers))
    with store.layers.pins.hold(chains):
        try:
            await context.installer.install(layers, None, lambda _progress: None)
        except DataLoss as error:
            _log.warning("%s was pushed and is kept, but is no image: %s", document.descriptor.digest, error)
            return False
        plain = Descriptor(document.descriptor.media_type, document.descriptor.digest, document.descriptor.size)
        if document.blobs[1] not in store:  # an image that is here keeps its own manifest
            store.add(document.blobs[1], ImageRecord(plain, document.blobs, store.layers.size(chains)))
    return True


def _image_of_index(context: ImageContext, reference: Reference, index: Index) -> str:
    try:
        chosen = context.store.hosted.get(reference, choose(index, None).digest)
    except NotFound:
        return ""
    return chosen.image if chosen else ""


def _described(content: bytes, media_type: str, manifest: Manifest | None, index: Index | None, like: str) -> Descriptor:
    document = manifest or index or _NOTHING
    config_type = manifest.config.media_type if manifest else ""
    return Descriptor(
        media_type,
        digest_of(content, like),
        len(content),
        annotations=document.annotations if isinstance(document.annotations, dict) else {},
        artifact_type=document.artifact_type if isinstance(document.artifact_type, str) else config_type,
    )


def _digests(manifest: Manifest | None) -> tuple[str, ...]:
    return (manifest.config.digest, *(layer.digest for layer in manifest.layers)) if manifest else ()


def _stays_elsewhere(layer: Descriptor) -> bool:
    return any(word in layer.media_type for word in _LATER)
