"""What a frontend may ask about raw content: manifests by name, blobs by digest, in and out.

The vocabulary is the distribution-spec's. A *repository* is a name without tag; only `domain` and `path` of a Reference count where
one is asked for. What is pushed becomes an image of the store if it is one that this machine can run; anything else (indexes,
images for other platforms, signatures and other artifacts) is kept as it came.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from sdk.drivers.registry import ResolvedManifest
from sdk.oci.descriptor import Descriptor
from sdk.oci.reference import Reference


class Upload(Protocol):
    """A blob on its way in. It is gone after `commit`, whether that succeeds or not, and after `discard`."""

    @property
    def size(self) -> int:
        """How many bytes have been written."""

    async def write(self, chunk: bytes) -> None:
        """Append. Raises ResourceExhausted."""

    async def commit(self, digest: str) -> None:
        """Make it the blob `digest`, durably. Raises InvalidArgument if the bytes are others.

        Collection leaves the blob alone for an hour; by then a manifest must name it.
        """

    async def discard(self) -> None:
        """Forget it; idempotent."""


class Content(Protocol):
    """The store of manifests and blobs under the images."""

    async def repositories(self) -> Sequence[str]:
        """Return the full names of all repositories, sorted."""

    async def tags(self, repository: Reference) -> Sequence[str]:
        """Return the tags of a repository, sorted. Raises NotFound if there is nothing of that name."""

    async def manifest(self, reference: Reference) -> ResolvedManifest:
        """Return the manifest or index a reference names; every blob it names for this platform can be read. Raises NotFound."""

    async def put_manifest(self, reference: Reference, content: bytes, media_type: str) -> Descriptor:
        """Store a manifest or index under a tag or its digest, and return what it is. Idempotent.

        An image whose layers are not what its configuration says is kept, but is no image of the engine. Raises InvalidArgument if it is
        malformed or not what the digest says, NotFound if a blob or manifest it names is missing.
        """

    async def delete_manifest(self, reference: Reference) -> None:
        """Drop a tag, or with a digest the manifest with all its tags. Raises NotFound, Conflict if a container needs the image."""

    async def referrers(self, repository: Reference, subject: str) -> Sequence[Descriptor]:
        """Return the manifests whose subject is this digest (distribution-spec: "Listing Referrers")."""

    async def blob(self, digest: str, *, keep: bool = False) -> int:
        """Return a blob's size; with `keep` collection leaves it alone for an hour. Raises NotFound."""

    def read_blob(self, digest: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """Yield a blob from a byte on, to its end or `length` bytes. Raises NotFound."""

    async def upload(self) -> Upload:
        """Begin a blob."""

    async def delete_blob(self, digest: str) -> None:
        """Delete a blob that nothing needs. Raises NotFound, Conflict."""
