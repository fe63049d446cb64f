"""Images, their history, and the progress of long work on them."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import UNSET, Raw, UnsetType

from plugins.api_docker.convert.configs import OMITS_EMPTY, image_config
from plugins.api_docker.convert.times import ZERO, rfc3339_nano, unix_seconds
from plugins.api_docker.models import images as wire
from plugins.api_docker.models.containers import GraphDriver
from plugins.api_docker.versions import ApiVersion
from sdk.drivers.registry import SearchResult
from sdk.engine.images import Attestation, HistoryEntry, ImageInfo, ManifestInfo, ManifestKind, Progress, Removal
from sdk.oci.descriptor import Descriptor
from sdk.oci.image import ExecutionConfig

_NO_VIRTUAL_SIZE = ApiVersion(1, 44)
_NO_CONTAINER = ApiVersion(1, 45)
MANIFESTS = ApiVersion(1, 47)
REMOVED_BY_PLATFORM = ApiVersion(1, 50)
_DESCRIPTOR = ApiVersion(1, 48)
_CONTAINERS = ApiVersion(1, 51)
_IDENTITY = ApiVersion(1, 53)
IDENTITIES = ApiVersion(1, 54)
ATTESTATIONS = ApiVersion(1, 55)


def image_summary(info: ImageInfo, version: ApiVersion, *, identity: bool = False) -> wire.ImageSummary:
    """Return an entry of a list."""
    return wire.ImageSummary(
        id=info.id,
        parent_id=info.parent,
        repo_tags=info.tags,
        repo_digests=info.digests,
        created=unix_seconds(info.created_ns),
        size=info.size,
        shared_size=info.shared_size,
        labels=info.config.config.labels or None,
        containers=info.containers if version >= _CONTAINERS else info.containers or -1,
        virtual_size=info.size if version < _NO_VIRTUAL_SIZE else UNSET,
        descriptor=_descriptor(info, version),
        manifests=_manifests(info, identity=identity),
    )


def image_inspect(info: ImageInfo, version: ApiVersion, storage_driver: str) -> wire.ImageInspect:
    """Return the inspect object."""
    config = info.config
    empty = UNSET if version >= OMITS_EMPTY else ""
    return wire.ImageInspect(
        id=info.id,
        repo_tags=info.tags,
        repo_digests=info.digests,
        parent=info.parent or empty,
        comment=(config.history[-1].comment if config.history else "") or empty,
        created=config.created or ZERO,
        docker_version=empty,
        author=config.author or empty,
        config=image_config(config.config, version),
        architecture=config.architecture,
        os=config.os,
        size=info.size,
        graph_driver=GraphDriver(storage_driver),
        root_fs=wire.RootFS(config.rootfs.type, config.rootfs.diff_ids),
        metadata=wire.Metadata(rfc3339_nano(info.tagged_ns)),
        variant=config.variant or UNSET,
        os_version=config.os_version or UNSET,
        virtual_size=info.size if version < _NO_VIRTUAL_SIZE else UNSET,
        descriptor=_descriptor(info, version),
        manifests=_manifests(info),
        identity=_identity(info) if version >= _IDENTITY else UNSET,
        container="" if version < _NO_CONTAINER else UNSET,
        # How an image was built is not kept. Compose 1.29 reads the volumes in here, and breaks if it is missing.
        container_config=image_config(ExecutionConfig(), version) if version < _NO_CONTAINER else UNSET,
    )


def _descriptor(info: ImageInfo, version: ApiVersion) -> Descriptor | UnsetType:
    """Return what the image's names point at, as clients know it of stores of several platforms: to those that ask for manifests."""
    return info.descriptor if version >= _DESCRIPTOR and info.manifests is not None else UNSET


def _identity(info: ImageInfo) -> wire.Identity | UnsetType:
    return wire.Identity([wire.PullIdentity(origin) for origin in info.origins]) if info.origins else UNSET


def _manifests(info: ImageInfo, *, identity: bool = False) -> list[wire.ManifestSummary] | UnsetType:
    known = _identity(info) if identity else UNSET
    return UNSET if info.manifests is None else [_manifest(each, known) for each in info.manifests]


def _manifest(info: ManifestInfo, identity: wire.Identity | UnsetType) -> wire.ManifestSummary:
    is_image, is_attestation = info.kind is ManifestKind.IMAGE, info.kind is ManifestKind.ATTESTATION
    image = wire.ManifestImage(info.platform, list(info.containers), wire.UnpackedSize(info.unpacked_size), identity)
    return wire.ManifestSummary(
        id=info.descriptor.digest,
        descriptor=info.descriptor,
        available=info.available,
        kind=info.kind,
        size=wire.ManifestSize(info.content_size + info.unpacked_size, info.content_size),
        image_data=image if is_image else UNSET,
        attestation_data=wire.ManifestAttestation(info.subject) if is_attestation else UNSET,
    )


def attestation(made: Attestation) -> wire.AttestationStatement:
    """Return one statement about an image."""
    statement = UNSET if made.statement is None else Raw(made.statement)
    return wire.AttestationStatement(made.descriptor, made.predicate_type, statement)


def history_item(entry: HistoryEntry) -> wire.HistoryItem:
    """Return one step of a history."""
    step = entry.history
    return wire.HistoryItem(
        id=entry.image_id or "<missing>",
        created=_unix(step.created),
        created_by=step.created_by,
        tags=entry.tags or None,
        size=entry.size,
        comment=step.comment,
    )


def deleted_images(removals: Sequence[Removal]) -> list[wire.DeletedImage]:
    """Return what a removal did."""
    return [wire.DeletedImage(removal.untagged, removal.deleted) for removal in removals]


def progress_line(progress: Progress) -> wire.ProgressLine:
    """Return one object of a progress stream."""
    detail = wire.ProgressDetail(progress.current, progress.total)
    return wire.ProgressLine(
        status=progress.status,
        id=progress.id,
        progress_detail=detail if progress.id and progress.status else UNSET,
        stream=progress.stream,
        aux=dict(progress.aux) if progress.aux is not None else UNSET,
    )


def error_line(message: str) -> wire.ErrorLine:
    """Return the last object of a stream that failed."""
    return wire.ErrorLine(wire.ErrorDetail(message), message)


def search_hit(result: SearchResult) -> wire.SearchHit:
    """Return one repository found."""
    return wire.SearchHit(result.star_count, result.is_official, result.name, result.is_automated, result.description)


def _unix(timestamp: str) -> int:
    """Return an image's own RFC 3339 time in seconds; images in the wild have none or nonsense."""
    try:
        return int(datetime.fromisoformat(timestamp).timestamp())
    except ValueError:
        return 0
