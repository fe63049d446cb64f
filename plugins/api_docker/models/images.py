"""Images on the wire."""

from msgspec import UNSET, Raw, Struct, UnsetType, field

from plugins.api_docker.models.containers import Config, GraphDriver
from sdk.oci.descriptor import Descriptor, Platform
from sdk.oci.image import HealthcheckConfig


class AttestationStatement(Struct, rename="pascal"):
    """An in-toto statement about an image; the statement itself is its JSON as it came."""

    descriptor: Descriptor
    predicate_type: str
    statement: Raw | UnsetType = UNSET


class PullIdentity(Struct, rename="pascal"):
    repository: str


class Identity(Struct, rename="pascal"):
    """Where an image is from, which no tag can change."""

    pull: list[PullIdentity]


class ManifestSize(Struct, rename="pascal"):
    """Bytes."""

    total: int
    content: int


class UnpackedSize(Struct, rename="pascal"):
    unpacked: int


class ManifestImage(Struct, rename="pascal"):
    platform: Platform | None
    containers: list[str]
    size: UnpackedSize
    identity: Identity | UnsetType = UNSET


class ManifestAttestation(Struct):
    subject: str = field(name="For")


class ManifestSummary(Struct, rename="pascal"):
    """A manifest of an image: of a platform, of an attestation, or of something else."""

    id: str = field(name="ID")
    descriptor: Descriptor
    available: bool
    kind: str
    size: ManifestSize
    image_data: ManifestImage | UnsetType = UNSET
    attestation_data: ManifestAttestation | UnsetType = UNSET


class ImageSummary(Struct, rename="pascal"):
    id: str
    parent_id: str
    repo_tags: tuple[str, ...]
    repo_digests: tuple[str, ...]
    created: int
    size: int
    shared_size: int
    labels: dict[str, str] | None
    containers: int
    virtual_size: int | UnsetType = UNSET
    descriptor: Descriptor | UnsetType = UNSET
    manifests: list[ManifestSummary] | UnsetType = UNSET


class RootFS(Struct, rename="pascal"):
    type: str
    layers: tuple[str, ...]


class Metadata(Struct, rename="pascal"):
    last_tag_time: str


class ImageConfig(Struct, rename="pascal"):
    """`Config` of an inspected image since API 1.50."""

    user: str | UnsetType
    env: tuple[str, ...] | UnsetType | None
    cmd: tuple[str, ...] | UnsetType | None
    volumes: dict[str, dict[str, str]] | UnsetType | None
    working_dir: str | UnsetType
    entrypoint: tuple[str, ...] | UnsetType | None
    on_build: tuple[str, ...] | UnsetType | None
    labels: dict[str, str] | UnsetType | None
    exposed_ports: dict[str, dict[str, str]] | UnsetType = UNSET
    healthcheck: HealthcheckConfig | UnsetType = UNSET
    args_escaped: bool | UnsetType = UNSET
    stop_signal: str | UnsetType = UNSET
    shell: tuple[str, ...] | UnsetType = UNSET


class ImageInspect(Struct, rename="pascal"):
    id: str
    repo_tags: tuple[str, ...]
    repo_digests: tuple[str, ...]
    created: str
    config: Config | ImageConfig
    architecture: str
    os: str
    size: int
    graph_driver: GraphDriver
    root_fs: RootFS = field(name="RootFS")
    metadata: Metadata
    parent: str | UnsetType = UNSET
    comment: str | UnsetType = UNSET
    docker_version: str | UnsetType = UNSET
    author: str | UnsetType = UNSET
    variant: str | UnsetType = UNSET
    os_version: str | UnsetType = UNSET
    virtual_size: int | UnsetType = UNSET
    descriptor: Descriptor | UnsetType = UNSET
    manifests: list[ManifestSummary] | UnsetType = UNSET
    identity: Identity | UnsetType = UNSET
    container: str | UnsetType = UNSET
    container_config: Config | ImageConfig | UnsetType = UNSET


class HistoryItem(Struct, rename="pascal"):
    id: str
    created: int
    created_by: str
    tags: tuple[str, ...] | None
    size: int
    comment: str


class DeletedImage(Struct, omit_defaults=True, rename="pascal"):
    untagged: str = ""
    deleted: str = ""


class ImagesPruned(Struct, rename="pascal"):
    images_deleted: list[DeletedImage]
    space_reclaimed: int


class ProgressDetail(Struct, omit_defaults=True):
    current: int = 0
    total: int = 0


class ProgressLine(Struct, omit_defaults=True, rename={"progress_detail": "progressDetail"}):
    """One JSON object of a progress stream."""

    status: str = ""
    id: str = ""
    progress_detail: ProgressDetail | UnsetType = UNSET
    stream: str = ""
    aux: dict[str, str | int] | UnsetType = UNSET


class ErrorDetail(Struct):
    message: str


class ErrorLine(Struct, rename={"error_detail": "errorDetail"}):
    """The last object of a progress stream that failed after it began."""

    error_detail: ErrorDetail
    error: str


class SearchHit(Struct):
    star_count: int
    is_official: bool
    name: str
    is_automated: bool
    description: str


class Distribution(Struct, rename="pascal"):
    descriptor: Descriptor
    platforms: tuple[Platform, ...]


class AuthConfig(
    Struct, rename={"identity_token": "identitytoken", "registry_token": "registrytoken", "server_address": "serveraddress"}
):
    """A registry login as clients send it."""

    username: str = ""
    password: str = ""
    auth: str = ""
    email: str = ""
    identity_token: str = ""
    registry_token: str = ""
    server_address: str = ""


class AuthResult(Struct, rename="pascal"):
    status: str
    identity_token: str


class Identified(Struct, rename="pascal"):
    id: str
