"""What a frontend may ask about images."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from sdk.drivers.registry import Credentials, SearchResult
from sdk.engine.config import ContainerConfig
from sdk.engine.containers import Filters
from sdk.oci.descriptor import Descriptor, Platform
from sdk.oci.image import History, ImageConfig


@dataclass(frozen=True, slots=True)
class Progress:
    """One line of a progress display. `id` is a layer's short digest or a tag; `total` 0 is unknown. `aux` carries a result object.
    `current` and `total` are bytes.
    """

    status: str
    id: str = ""
    current: int = 0
    total: int = 0
    aux: Mapping[str, str | int] | None = None
    stream: str = ""


class ManifestKind(StrEnum):
    """What a manifest in an index is of."""

    IMAGE = "image"
    ATTESTATION = "attestation"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ManifestInfo:
    """A manifest that an index lists. Sizes are bytes: of its content that is kept, and of its unpacked layers. `image_id` is "" where it
    is not kept; `subject` the manifest that an attestation is about."""

    descriptor: Descriptor
    kind: ManifestKind
    available: bool
    content_size: int = 0
    unpacked_size: int = 0
    platform: Platform | None = None
    image_id: str = ""
    containers: tuple[str, ...] = ()
    subject: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class ImageInfo:
    """An image in the store. `size` is what its unpacked layers take; `tagged_ns` when its last tag was set (0: never);
    `manifests` what its names' index lists, where that was asked for; `origins` the repositories it was pulled from or pushed to.
    Identity-stable like ContainerInfo. `containers` is how many use it.
    """

    id: str
    config: ImageConfig
    descriptor: Descriptor
    tags: tuple[str, ...]
    digests: tuple[str, ...]
    size: int
    created_ns: int
    tagged_ns: int
    parent: str = ""
    containers: int = 0
    shared_size: int = -1
    manifests: tuple[ManifestInfo, ...] | None = None
    origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attestation:
    """An in-toto statement attached to an image: its layer, what it is about, and its JSON as it came, None where it was not asked for."""

    descriptor: Descriptor
    predicate_type: str
    statement: bytes | None = None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One step, newest first; `image_id` is "" for steps whose image is not stored."""

    image_id: str
    history: History
    size: int
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Removal:
    """One of the two is set."""

    untagged: str = ""
    deleted: str = ""


@dataclass(frozen=True, slots=True)
class PullRequest:
    """`reference` is name[:tag|@digest]; `all_tags` pulls every tag of the name."""

    reference: str
    platform: Platform | None = None
    credentials: Credentials = Credentials()
    all_tags: bool = False


@dataclass(frozen=True, slots=True)
class CommitRequest:
    """An image to be made of a container."""

    container: str
    repository: str = ""
    tag: str = ""
    comment: str = ""
    author: str = ""
    changes: tuple[str, ...] = ()
    pause: bool = True
    config: ContainerConfig | None = None


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """An image to be made of a tar of a file system. Without a `repository` it has no name. `changes` are instructions; `platform` None is
    this machine's. `source` is a URL to take the tar from, `-` where the client sends it; `message` tells it in the history otherwise."""

    repository: str = ""
    tag: str = ""
    message: str = ""
    changes: tuple[str, ...] = ()
    platform: Platform | None = None
    source: str = "-"


@dataclass(frozen=True, slots=True)
class DistributionInfo:
    """What a registry says of a reference."""

    descriptor: Descriptor
    platforms: tuple[Platform, ...]


@dataclass(frozen=True, slots=True)
class ImageListRequest:
    """Which images to list."""

    all: bool = False
    filters: Filters = field(default_factory=dict)
    shared_size: bool = False
    manifests: bool = False


class Images(Protocol):
    """The image store. A `ref` is a name, a name with tag or digest, an ID or a unique prefix of one; NoSuchImage otherwise."""

    def pull(self, request: PullRequest) -> AsyncIterator[Progress]:
        """Pull an image; closing the iterator cancels. Errors before the first item are the request's, later ones come from the iterator."""

    def push(self, ref: str, tag: str, credentials: Credentials, platform: Platform | None = None) -> AsyncIterator[Progress]:
        """Push the image a tag points at, or that of another platform it stands for; without a tag every tag of the repository."""

    async def list(self, request: ImageListRequest) -> Sequence[ImageInfo]:
        """Return the images that match, newest first."""

    async def inspect(self, ref: str, *, platform: Platform | None = None, manifests: bool = False) -> ImageInfo:
        """Return an image, of the platforms that a name stands for the one asked for; NotFound if that one is not kept here."""

    async def history(self, ref: str, *, platform: Platform | None = None) -> Sequence[HistoryEntry]:
        """Return the steps that made an image, newest first. Raises NoSuchImage."""

    async def attestations(
        self, ref: str, *, platform: Platform | None = None, types: Collection[str] = (), statements: bool = False
    ) -> Sequence[Attestation]:
        """Return the in-toto statements attached to an image, of some types of predicate or all, with their text if asked for."""

    async def tag(self, ref: str, repository: str, tag: str) -> None:
        """Give an image one more name; one that had it loses it. Raises NoSuchImage, InvalidArgument."""

    async def remove(
        self, ref: str, *, force: bool = False, prune: bool = True, platforms: Sequence[Platform] = ()
    ) -> Sequence[Removal]:
        """Untag, and delete what is no longer named. Raises Conflict with Docker's sentences when containers use it.

        With platforms the name stays, and the images of these alone go; the name goes with the last of them.
        """

    async def prune(self, filters: Filters) -> tuple[Sequence[Removal], int]:
        """Delete dangling (or, by filter, all unused) images; returns what went and the bytes freed."""

    def save(self, refs: Sequence[str], platforms: Sequence[Platform] = ()) -> AsyncIterator[bytes]:
        """Yield an archive of images, of each all platforms that are kept or those asked for."""

    def load(
        self, content: AsyncIterator[bytes], *, quiet: bool = False, platforms: Sequence[Platform] = ()
    ) -> AsyncIterator[Progress]:
        """Load the images of an archive, of each all platforms or those asked for."""

    def import_archive(self, content: AsyncIterator[bytes], request: ImportRequest) -> AsyncIterator[Progress]:
        """Make an image of a tar of a file system. The content is not read where the request names a URL."""

    async def commit(self, request: CommitRequest) -> str:
        """Make an image of a container; returns its ID."""

    async def distribution(self, ref: str, credentials: Credentials) -> DistributionInfo:
        """Ask its registry what a reference stands for. Raises NotFound, Unauthorized, Unavailable."""

    async def search(self, term: str, limit: int, filters: Filters, credentials: Credentials) -> Sequence[SearchResult]:
        """Search a registry's repositories by a word."""
