"""Images: those that lack a document or a layer are mended, forgotten, or kept for the sake of their containers."""

from collections.abc import Mapping, Sequence

import msgspec

from core.engine.image_context import ImageContext
from core.engine.repair.finding import Finding
from core.engine.repair.layers import CHANGED_FILES, LOST_FILES, LayerState
from core.images.store import ImageRecord, StoredImage
from sdk.drivers.storage import SnapshotKind
from sdk.oci.descriptor import OCI_CONFIG, OCI_MANIFEST, Descriptor
from sdk.oci.digest import digest_of
from sdk.oci.image import Manifest

_PROBLEMS = {LayerState.LOST: LOST_FILES, LayerState.CHANGED: CHANGED_FILES}


async def examine_images(
    context: ImageContext, states: Mapping[str, LayerState], bad: set[str], *, repair: bool
) -> list[Finding]:
    """Say what is wrong with images, and with `repair` do about it what can be done."""
    findings = [_unreadable(context, image_id, repair=repair) for image_id in sorted(context.store.left_out | bad & _ids(context))]
    for image in context.store:
        if image.id not in bad:
            findings += await _examine(context, image, states, bad, repair=repair)
    return [*findings, *await _containers(context)]


async def _examine(
    context: ImageContext, image: StoredImage, states: Mapping[str, LayerState], bad: set[str], *, repair: bool
) -> list[Finding]:
    worst = [(chain, _PROBLEMS[states[chain]]) for chain in image.chains if states.get(chain) in _PROBLEMS]
    unknown = [(chain, "it is not recorded") for chain in image.chains if chain not in states]
    if damaged := worst + unknown:
        return [_give_up(context, image.id, f"layer {damaged[0][0]}: {damaged[0][1]}", repair=repair)]
    findings = []
    manifest = image.record.manifest.digest
    if manifest in bad or not context.store.content.exists(manifest):
        outcome = await _write_manifest(context, image) if repair else ""
        findings.append(Finding("image", _called(context, image.id), "its manifest is missing", outcome, repair))
    if bare := [chain for chain in image.chains if states[chain] is LayerState.BARE]:
        problem = f"layer {bare[0]}: its archive is missing"
        findings.append(Finding("image", _called(context, image.id), problem, "it runs; pull it again to push or save it"))
    return findings


def _unreadable(context: ImageContext, image_id: str, *, repair: bool) -> Finding:
    return _give_up(context, image_id, "its configuration is missing", repair=repair)


def _give_up(context: ImageContext, image_id: str, problem: str, *, repair: bool) -> Finding:
    """Forget an image that cannot be mended, unless containers need it; then a pull of it mends it in place."""
    name, users = _called(context, image_id), context.users(image_id)
    if users:
        names = ", ".join(container[:12] for container, _ in users)
        return Finding("image", name, problem, f"pull it again: containers use it ({names})")
    if not repair:
        return Finding("image", name, problem)
    context.store.forget(image_id)
    return Finding("image", name, problem, "removed; pull it again", is_mended=True)


async def _write_manifest(context: ImageContext, image: StoredImage) -> str:
    """Write a manifest of what is known of an image's layers."""
    store = context.store
    records = [store.layers.get(chain) for chain in image.chains]
    layers = tuple(blob for record in records if record and (blob := record.blob or record.tar))
    config = Descriptor(OCI_CONFIG, image.id, store.content.size(image.id))
    content = msgspec.json.encode(Manifest(config=config, layers=layers))
    await store.content.put(content)
    descriptor = Descriptor(OCI_MANIFEST, digest_of(content), len(content))
    before = image.record
    kept = tuple(blob for blob in before.blobs if blob != before.manifest.digest)
    store.add(image.id, ImageRecord(descriptor, (descriptor.digest, *kept), before.size, before.parent))
    return "written anew" if descriptor.digest == before.manifest.digest else f"written anew, as {descriptor.digest}"


async def _containers(context: ImageContext) -> Sequence[Finding]:
    active = {info.name for info in await context.storage.list() if info.kind is SnapshotKind.ACTIVE}
    using = [container for image in context.store for container, _ in context.users(image.id)]
    return [Finding("container", container, LOST_FILES, "remove it") for container in using if container not in active]


def _ids(context: ImageContext) -> set[str]:
    return {image.id for image in context.store}


def _called(context: ImageContext, image_id: str) -> str:
    names = context.store.names(image_id)
    return names[0].familiar if names else image_id
