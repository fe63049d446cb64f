"""Images without layers."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import replace

import anyio

from sdk.drivers.registry import Credentials, SearchResult
from sdk.engine.containers import Filters
from sdk.engine.images import (
    Attestation,
    CommitRequest,
    DistributionInfo,
    HistoryEntry,
    ImageInfo,
    ImageListRequest,
    ImportRequest,
    Progress,
    PullRequest,
    Removal,
)
from sdk.errors import Conflict, InvalidArgument, NoSuchImage, NotFound, Unavailable
from sdk.oci.descriptor import OCI_MANIFEST, Descriptor, Platform, host
from sdk.oci.digest import digest_of, hex_of
from sdk.oci.image import ExecutionConfig, History, ImageConfig, RootFS
from sdk.oci.reference import parse_reference


class FakeImages:
    """See `sdk.engine.images.Images`. Pulling `missing` fails at once, `broken` after the first item, `endless` never ends."""

    def __init__(self, names: Sequence[str]) -> None:
        self._images: dict[str, ImageInfo] = {}
        for name in names:
            self._add(name)
        self.closed_pulls = 0
        self.logins: list[Credentials] = []
        self.users: Callable[[str], Sequence[str]] = lambda _image_id: ()
        self.find_container: Callable[[str], str] = str

    async def pull(self, request: PullRequest) -> AsyncIterator[Progress]:
        """Make an image appear."""
        self.logins.append(request.credentials)
        reference = parse_reference(request.reference)
        if reference.familiar_name == "missing":
            raise NotFound(
                f"pull access denied for {reference.familiar_name}, repository does not exist or may require 'docker login'"
            )
        try:
            yield Progress(f"Pulling from {reference.path}", id=reference.tag or "")
            if reference.familiar_name == "broken":
                raise Unavailable("the registry went away")
            while reference.familiar_name == "endless":
                await anyio.sleep(0.01)
                yield Progress("Downloading", id="0123456789ab", current=1, total=2)
        finally:
            self.closed_pulls += 1
        self._add(reference.familiar)
        yield Progress(f"Status: Downloaded newer image for {reference.familiar}")

    async def push(self, ref: str, tag: str, credentials: Credentials, platform: Platform | None = None) -> AsyncIterator[Progress]:
        """Pretend."""
        del platform
        self.logins.append(credentials)
        await self.inspect(f"{ref}:{tag}" if tag else ref)
        yield Progress(f"The push refers to repository [docker.io/library/{ref}]")

    @property
    def count(self) -> int:
        """Return how many there are."""
        return len(self._images)

    async def list(self, request: ImageListRequest) -> Sequence[ImageInfo]:
        """Return all."""
        del request
        return list(self._images.values())

    async def inspect(self, ref: str, *, platform: Platform | None = None, manifests: bool = False) -> ImageInfo:
        """Return an image by name or ID."""
        del platform, manifests
        for image in self._images.values():
            if ref == image.id or (len(ref) >= 4 and hex_of(image.id).startswith(ref.removeprefix("sha256:"))):
                return image
            if parse_reference(ref).familiar in image.tags:
                return image
        raise NoSuchImage(ref)

    async def history(self, ref: str, *, platform: Platform | None = None) -> Sequence[HistoryEntry]:
        """Return two steps."""
        image = await self.inspect(ref, platform=platform)
        top = HistoryEntry(
            image.id, History(created="2024-01-02T03:04:05Z", created_by='CMD ["sh"]', empty_layer=True), 0, image.tags
        )
        return [top, HistoryEntry("", History(created="nonsense", created_by="ADD file"), 100)]

    async def attestations(
        self, ref: str, *, platform: Platform | None = None, types: Collection[str] = (), statements: bool = False
    ) -> Sequence[Attestation]:
        """Return one statement about the image."""
        image, kind = await self.inspect(ref, platform=platform), "https://slsa.dev/provenance/v1"
        made = Attestation(image.descriptor, kind, b'{"about": "it"}' if statements else None)
        return [made] if not types or kind in types else []

    async def tag(self, ref: str, repository: str, tag: str) -> None:
        """Give another name."""
        image = await self.inspect(ref)
        self._name(image.id, parse_reference(f"{repository}:{tag or 'latest'}").familiar)

    async def remove(
        self, ref: str, *, force: bool = False, prune: bool = True, platforms: Sequence[Platform] = ()
    ) -> Sequence[Removal]:
        """Forget a name, and with the last one the image."""
        del prune, platforms
        image = await self.inspect(ref)
        name = parse_reference(ref).familiar if not hex_of(image.id).startswith(ref.removeprefix("sha256:")) else ""
        gone = [name] if name in image.tags else list(image.tags)
        if len(gone) == len(image.tags) and (users := self.users(image.id)) and not force:
            raise Conflict(
                f'conflict: unable to remove repository reference "{ref}" (must force) - container {users[0][:12]} is using its '
                f"referenced image {hex_of(image.id)[:12]}"
            )
        if len(gone) < len(image.tags):
            self._images[image.id] = replace(image, tags=tuple(tag for tag in image.tags if tag not in gone))
            return [Removal(untagged=tag) for tag in gone]
        del self._images[image.id]
        return [*(Removal(untagged=tag) for tag in gone), Removal(deleted=image.id)]

    async def prune(self, filters: Filters) -> tuple[Sequence[Removal], int]:
        """Find nothing to do."""
        del filters
        return [], 0

    async def save(self, refs: Sequence[str], platforms: Sequence[Platform] = ()) -> AsyncIterator[bytes]:
        """Return the names as content. Raises NoSuchImage before anything is yielded."""
        del platforms
        for ref in refs:
            await self.inspect(ref)
        for ref in refs:
            yield ref.encode()

    async def load(
        self, content: AsyncIterator[bytes], *, quiet: bool = False, platforms: Sequence[Platform] = ()
    ) -> AsyncIterator[Progress]:
        """Read everything and tell how much it was; `rubbish` is no archive."""
        del quiet, platforms
        data = b"".join([chunk async for chunk in content])
        if data == b"rubbish":
            raise InvalidArgument("invalid archive")
        yield Progress("", stream=f"Loaded {len(data)} bytes\n")

    async def import_archive(self, content: AsyncIterator[bytes], request: ImportRequest) -> AsyncIterator[Progress]:
        """Make an image appear."""
        async for _ in content:
            pass
        yield Progress(self._add(f"{request.repository}:{request.tag or 'latest'}").id)

    async def commit(self, request: CommitRequest) -> str:
        """Make an image appear."""
        self.find_container(request.container)
        if request.repository:
            return self._add(f"{request.repository}:{request.tag or 'latest'}").id
        image = replace(_image(f"committed-{len(self._images)}"), tags=(), digests=())
        self._images[image.id] = image
        return image.id

    async def distribution(self, ref: str, credentials: Credentials) -> DistributionInfo:
        """Describe an image that is here."""
        self.logins.append(credentials)
        return DistributionInfo((await self.inspect(ref)).descriptor, (host(),))

    async def search(self, term: str, limit: int, filters: Filters, credentials: Credentials) -> Sequence[SearchResult]:
        """Find one repository."""
        del limit, filters, credentials
        return [SearchResult(term, "found", 5, is_official=True)]

    def _add(self, name: str) -> ImageInfo:
        """Keep an image of a name that it takes from any other."""
        image = _image(name)
        self._images.setdefault(image.id, image)
        self._name(image.id, image.tags[0])
        return self._images[image.id]

    def _name(self, image_id: str, name: str) -> None:
        for other in self._images.values():
            if name in other.tags:
                self._images[other.id] = replace(other, tags=tuple(tag for tag in other.tags if tag != name))
        image = self._images[image_id]
        self._images[image_id] = replace(image, tags=(*image.tags, name))


def _image(name: str) -> ImageInfo:
    reference = parse_reference(name)
    digest = digest_of(name.encode())
    config = ImageConfig(
        architecture=host().architecture,
        os="linux",
        rootfs=RootFS((digest_of(b"layer"),)),
        config=ExecutionConfig(cmd=("sh",), env=("PATH=/bin",), labels={"made": "up"}),
        created="2024-01-02T03:04:05Z",
    )
    return ImageInfo(
        id=digest,
        config=config,
        descriptor=Descriptor(OCI_MANIFEST, digest, 100),
        tags=(reference.familiar,),
        digests=(f"{reference.familiar_name}@{digest}",),
        size=1 << 20,
        created_ns=1_704_164_645 * 10**9,
        tagged_ns=0,
    )
