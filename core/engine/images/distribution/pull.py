"""`docker pull`: resolve, choose the platform, fetch and unpack in parallel, record, announce."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from core.engine.images.context import ImageContext
from core.engine.images.trust import verify_pull
from core.images.documents import parse_config, parse_index, parse_manifest, require_short
from core.images.garbage import collect
from core.images.platforms import choose, no_match
from core.images.receiving.fetcher import Fetcher
from core.images.receiving.installer import Layer
from core.images.receiving.progress import Report, reported
from core.images.store import ImageRecord
from sdk.drivers.registry import Credentials, ResolvedManifest
from sdk.engine.images import Progress, PullRequest
from sdk.errors import DataLoss, InvalidArgument, ResourceExhausted
from sdk.events import EventType
from sdk.oci.descriptor import DOCKER_CONFIG, INDEX_TYPES, OCI_CONFIG, Descriptor, Platform, matches
from sdk.oci.digest import chain_ids, parse_digest
from sdk.oci.image import ImageConfig, Manifest
from sdk.oci.reference import Reference, parse_reference
from sdk.tracing import step

_CONFIG_TYPES = frozenset({OCI_CONFIG, DOCKER_CONFIG, "application/octet-stream"})


@dataclass(frozen=True, slots=True)
class _Pull:
    """One pull under way: what was asked, what the name resolved to, and the manifest for the platform, as served and as read."""

    reference: Reference
    platform: Platform | None
    credentials: Credentials
    resolved: ResolvedManifest
    served: ResolvedManifest
    manifest: Manifest

    @property
    def blobs(self) -> tuple[str, ...]:
        """Return all content the image will hold on to."""
        layers = (layer.digest for layer in self.manifest.layers)
        documents = dict.fromkeys((self.served.descriptor.digest, self.resolved.descriptor.digest))
        return (*documents, self.manifest.config.digest, *layers)


@dataclass(frozen=True, slots=True)
class _Source:
    """The registry, as the source of one pull's layers."""

    fetcher: Fetcher
    pull: _Pull

    async def fetch(self, blob: Descriptor, report: Report) -> None:
        await self.fetcher.fetch(self.pull.reference, blob, self.pull.credentials, report)

    def stream(self, blob: Descriptor, report: Report) -> AsyncGenerator[bytes, None]:
        return self.fetcher.stream(self.pull.reference, blob, self.pull.credentials, report)


async def pull(context: ImageContext, request: PullRequest) -> AsyncGenerator[Progress, None]:
    """Pull an image, or every tag of a repository; see `sdk.engine.Images.pull`."""
    reference = parse_reference(request.reference)
    names = [reference]
    if request.all_tags:
        tags = await context.registry.tags(reference, request.credentials)
        names = [Reference(reference.domain, reference.path, tag) for tag in tags]
    for name in names:
        async with aclosing(_pull_one(context, name, request)) as steps:
            async for progress in steps:
                yield progress


async def _pull_one(context: ImageContext, reference: Reference, request: PullRequest) -> AsyncGenerator[Progress, None]:
    with step("pull.resolve"):
        resolved = await context.registry.resolve(reference, request.credentials)
        served = await _for_platform(context, reference, resolved, request)
    digests = (resolved.descriptor.digest, served.descriptor.digest)
    with step("pull.verify_image"):
        await verify_pull(context.verifiers, reference, digests, context.registry, request.credentials)
    manifest = parse_manifest(served.content)
    if manifest.config.media_type not in _CONFIG_TYPES:
        raise InvalidArgument(f'Encountered remote "{manifest.config.media_type}" (unknown) when fetching')
    pull = _Pull(reference, request.platform, request.credentials, resolved, served, manifest)
    try:
        async with aclosing(_bring(context, pull)) as steps:
            async for progress in steps:
                yield progress
    except ResourceExhausted:
        await _make_room(context)
        raise
    await context.dropper.drop([manifest.config.digest])


async def _bring(context: ImageContext, pull: _Pull) -> AsyncGenerator[Progress, None]:
    with context.store.content.pins.hold(pull.blobs):
        layers = _layers(pull.manifest, await _config(context, pull))
        async with aclosing(reported(lambda report: _run(context, pull, layers, report))) as steps:
            async for progress in steps:
                yield progress


async def _make_room(context: ImageContext) -> None:
    """Delete what no image has and no other pull waits for: partial blobs would keep a full disk full."""
    await context.store.content.sweep_partials()
    await collect(context.store, context.storage)


async def _for_platform(
    context: ImageContext, reference: Reference, resolved: ResolvedManifest, request: PullRequest
) -> ResolvedManifest:
    """Return the manifest itself, or the one an index offers for the platform."""
    if resolved.descriptor.media_type not in INDEX_TYPES:
        return resolved
    chosen = choose(parse_index(resolved.content), request.platform)
    if context.store.content.exists(chosen.digest):
        return ResolvedManifest(chosen, context.store.content.read(chosen.digest))
    exact = Reference(reference.domain, reference.path, None, parse_digest(chosen.digest))
    return await context.registry.resolve(exact, request.credentials)


async def _config(context: ImageContext, pull: _Pull) -> ImageConfig:
    config_blob = pull.manifest.config
    require_short(config_blob)
    with step("pull.config"):
        await context.fetcher.fetch(pull.reference, config_blob, pull.credentials, lambda _progress: None)
    config = parse_config(context.store.content.read(config_blob.digest))
    offered = config.platform
    if pull.platform and not matches(pull.platform, offered):
        raise no_match(pull.platform)
    return config


async def _run(context: ImageContext, pull: _Pull, layers: tuple[Layer, ...], report: Report) -> None:
    report(Progress(f"Pulling from {pull.reference.path}", pull.reference.target))
    store, chains = context.store, chain_ids(tuple(layer.diff_id for layer in layers))
    with store.layers.pins.hold(chains):
        await context.installer.install(layers, _Source(context.fetcher, pull), report)
        await store.content.put(pull.served.content, pull.served.descriptor.digest)
        await store.content.put(pull.resolved.content, pull.resolved.descriptor.digest)
        _conclude(context, pull, ImageRecord(pull.served.descriptor, pull.blobs, store.layers.size(chains)), report)


def _conclude(context: ImageContext, pull: _Pull, record: ImageRecord, report: Report) -> None:
    """Record the image under its names, announce it and say so."""
    name, image_id, digest = pull.reference, pull.manifest.config.digest, parse_digest(pull.resolved.descriptor.digest)
    by_digest = Reference(name.domain, name.path, None, digest)
    before = context.store.references.get(by_digest if name.digest else name)
    index = digest if pull.resolved.descriptor.media_type in INDEX_TYPES else ""
    image = context.store.add(image_id, record, (by_digest,) if name.digest else (name, by_digest), index)
    context.events.emit(EventType.IMAGE, "pull", name.familiar, {**image.config.config.labels, "name": name.familiar_name})
    report(Progress(f"Digest: {digest}"))
    current = before is not None and image_id in before.images
    report(Progress(f"Status: {'Image is up to date' if current else 'Downloaded newer image'} for {name.familiar}"))


def _layers(manifest: Manifest, config: ImageConfig) -> tuple[Layer, ...]:
    if len(manifest.layers) != len(config.rootfs.diff_ids):
        raise DataLoss("layers from manifest don't match image configuration")
    pairs = zip(manifest.layers, config.rootfs.diff_ids, strict=True)
    return tuple(Layer(blob, parse_digest(diff_id)) for blob, diff_id in pairs)
