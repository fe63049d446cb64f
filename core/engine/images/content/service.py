"""Raw content for frontends: what the image store holds, by the names and digests of the distribution-spec."""

from collections.abc import AsyncIterator, Sequence

from core.engine.images.content.accept import host, read_document
from core.engine.images.content.delete import delete_blob, delete_manifest
from core.engine.images.context import ImageContext
from core.images.content.uploads import BlobUpload, FreshBlobs
from core.images.served import served_manifest, served_tags
from sdk.drivers.registry import ResolvedManifest
from sdk.errors import InvalidArgument, NotFound
from sdk.oci.descriptor import Descriptor
from sdk.oci.reference import Reference


class ContentService:
    """Implements `sdk.engine.Content`."""

    def __init__(self, context: ImageContext) -> None:
        self._context = context
        self._store = context.store
        self._fresh = FreshBlobs(context.store.content)

    async def repositories(self) -> Sequence[str]:
        named = {name.name for name in self._store.references}
        hosted = {name.name for name, _ in self._store.hosted.manifests()}
        return sorted(named | hosted)

    async def tags(self, repository: Reference) -> Sequence[str]:
        if repository.name not in await self.repositories():
            raise NotFound(f"repository name not known to registry: {repository.familiar_name}")
        return served_tags(self._store, repository)

    async def manifest(self, reference: Reference) -> ResolvedManifest:
        return served_manifest(self._store, reference)

    async def put_manifest(self, reference: Reference, content: bytes, media_type: str) -> Descriptor:
        document = read_document(content, media_type, reference.digest or "sha256")
        if reference.digest and reference.digest != document.descriptor.digest:
            raise InvalidArgument(f"the manifest is not what {reference.digest} names")
        await host(self._context, reference, document)
        for digest in document.blobs:
            self._fresh.release(digest)
        return document.descriptor

    async def delete_manifest(self, reference: Reference) -> None:
        await delete_manifest(self._context, reference)

    async def referrers(self, repository: Reference, subject: str) -> Sequence[Descriptor]:
        return [
            record.descriptor
            for name, record in self._store.hosted.manifests()
            if name.name == repository.name and record.subject == subject
        ]

    async def blob(self, digest: str, *, keep: bool = False) -> int:
        size = self._context.blobs.size(digest)
        if keep:
            self._fresh.keep(digest)
        return size

    def read_blob(self, digest: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        return self._context.blobs.read(digest, offset, length)

    async def upload(self) -> BlobUpload:
        return BlobUpload(self._store.content, self._fresh)

    async def delete_blob(self, digest: str) -> None:
        self._store.content.size(digest)
        self._fresh.release(digest)
        await delete_blob(self._context, digest)
