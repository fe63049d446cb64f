"""Manifests and blobs in memory."""

from collections.abc import AsyncIterator, Sequence

import msgspec

from sdk.drivers.registry import ResolvedManifest
from sdk.errors import InvalidArgument, NotFound
from sdk.oci.descriptor import OCI_MANIFEST, Descriptor
from sdk.oci.digest import digest_of
from sdk.oci.image import Manifest
from sdk.oci.reference import Reference


class FakeUpload:
    """See `sdk.engine.content.Upload`."""

    def __init__(self, blobs: dict[str, bytes]) -> None:
        self._blobs = blobs
        self._content = b""

    @property
    def size(self) -> int:
        return len(self._content)

    async def write(self, chunk: bytes) -> None:
        self._content += chunk

    async def commit(self, digest: str) -> None:
        if digest_of(self._content) != digest:
            raise InvalidArgument(f"the content is not what {digest} names")
        self._blobs[digest] = self._content

    async def discard(self) -> None:
        self._content = b""


class FakeContent:
    """See `sdk.engine.content.Content`. Makes no images."""

    def __init__(self) -> None:
        self._blobs: dict[str, bytes] = {}
        self._manifests: dict[tuple[str, str], ResolvedManifest] = {}
        self._tags: dict[tuple[str, str], str] = {}

    async def repositories(self) -> Sequence[str]:
        return sorted({name for name, _ in self._manifests})

    async def tags(self, repository: Reference) -> Sequence[str]:
        if repository.name not in await self.repositories():
            raise NotFound(f"repository name not known to registry: {repository.familiar_name}")
        return sorted(tag for name, tag in self._tags if name == repository.name)

    async def manifest(self, reference: Reference) -> ResolvedManifest:
        digest = reference.digest or self._tags.get((reference.name, reference.tag or ""), "")
        found = self._manifests.get((reference.name, digest))
        if found is None:
            raise NotFound(f"manifest unknown: {reference.familiar}")
        return found

    async def put_manifest(self, reference: Reference, content: bytes, media_type: str) -> Descriptor:
        described = Descriptor(media_type or OCI_MANIFEST, digest_of(content), len(content))
        if reference.digest and reference.digest != described.digest:
            raise InvalidArgument(f"the manifest is not what {reference.digest} names")
        for digest in _named(content, described.media_type):
            await self.blob(digest)
        self._manifests[reference.name, described.digest] = ResolvedManifest(described, content)
        if reference.tag:
            self._tags[reference.name, reference.tag] = described.digest
        return described

    async def delete_manifest(self, reference: Reference) -> None:
        digest = (await self.manifest(reference)).descriptor.digest
        for key in [key for key, value in self._tags.items() if key[0] == reference.name and value == digest]:
            if reference.digest or key[1] == reference.tag:
                del self._tags[key]
        if reference.digest:
            del self._manifests[reference.name, digest]

    async def referrers(self, repository: Reference, subject: str) -> Sequence[Descriptor]:
        del repository, subject
        return []

    async def blob(self, digest: str, *, keep: bool = False) -> int:
        del keep
        if digest not in self._blobs:
            raise NotFound(f"content {digest}: not found")
        return len(self._blobs[digest])

    async def read_blob(self, digest: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        await self.blob(digest)
        content = self._blobs[digest][offset:]
        yield content if length is None else content[:length]

    async def upload(self) -> FakeUpload:
        return FakeUpload(self._blobs)

    async def delete_blob(self, digest: str) -> None:
        await self.blob(digest)
        del self._blobs[digest]


def _named(content: bytes, media_type: str) -> tuple[str, ...]:
    if media_type != OCI_MANIFEST:
        return ()
    manifest = msgspec.json.decode(content, type=Manifest)
    return (manifest.config.digest, *(layer.digest for layer in manifest.layers))
