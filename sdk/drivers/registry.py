"""Registry backends: resolve, fetch and push content by digest (OCI distribution-spec)."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from sdk.errors import Unsupported
from sdk.oci.descriptor import Descriptor
from sdk.oci.reference import Reference


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client sent for one registry. All empty means anonymous."""

    username: str = ""
    password: str = ""
    identity_token: str = ""
    registry_token: str = ""
    server_address: str = ""


@dataclass(frozen=True, slots=True)
class ResolvedManifest:
    """A manifest or index with its verified bytes; `descriptor.digest` is the digest of `content`."""

    descriptor: Descriptor
    content: bytes


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A repository that a search found. `star_count` is how many users like it, 0 where the registry does not count."""

    name: str
    description: str = ""
    star_count: int = 0
    is_official: bool = False
    is_automated: bool = False


class RegistryBackend(ABC):
    """Speaks to registries. Chooses scheme, mirror and authentication per host by its own settings; retries transient failures.

    The chosen backend serves every host but those that another one, whose provider has the capability `hosts`, claims for itself.
    """

    @property
    def hosts(self) -> frozenset[str]:
        """The registries (`host[:port]`, as references begin) that this backend serves whichever backend is chosen, by its own settings."""
        return frozenset()

    @abstractmethod
    async def resolve(self, reference: Reference, credentials: Credentials) -> ResolvedManifest:
        """Fetch the manifest or index a reference names, by digest where it has one.

        Raises Unauthorized, Unavailable, and NotFound with Docker's sentence, `manifest for NAME not found: manifest unknown: manifest
        unknown`, where NAME is `reference.familiar`.
        """

    @abstractmethod
    def fetch(
        self, reference: Reference, descriptor: Descriptor, credentials: Credentials, *, offset: int = 0
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Open a blob from byte `offset` on. The iterator resumes by itself after a broken connection and ends after exactly
        `descriptor.size - offset` bytes; it does not verify the digest. Raises NotFound, Unauthorized, Unavailable, DataLoss.
        """

    @abstractmethod
    async def push_blob(
        self,
        reference: Reference,
        descriptor: Descriptor,
        content: AsyncIterator[bytes],
        credentials: Credentials,
        *,
        mount_from: Sequence[Reference] = (),
    ) -> bool:
        """Upload a blob unless the registry has it or can mount it from another repository. Return whether bytes were sent.

        `mount_from` are repositories of the same registry that have it: a backend that knows one of them sends nothing. Raises DataLoss, or
        what the registry says, for content of another size or digest than the descriptor's; then the registry does not have it.
        Goes on by itself after a broken connection where the registry can. Raises UploadLost where it cannot: call again then, with the
        content from its start.
        """

    async def has_blob(
        self, reference: Reference, descriptor: Descriptor, credentials: Credentials, *, mount_from: Sequence[Reference] = ()
    ) -> bool:
        """Tell whether the registry has a blob, or mounted it from another repository just now; False also where it cannot tell.

        Asked for blobs that this engine knows of but does not hold any more. Raises what `push_blob` raises.
        """
        del reference, descriptor, credentials, mount_from
        return False

    @abstractmethod
    async def push_manifest(self, reference: Reference, content: bytes, media_type: str, credentials: Credentials) -> None:
        """Upload a manifest or index under the reference's tag (or digest); the tag stands for it from now on.

        Raises an EngineError, and keeps nothing, where the registry lacks a blob or manifest that it names.
        """

    @abstractmethod
    async def authenticate(self, credentials: Credentials) -> str:
        """Check credentials as `docker login` does. Return an identity token or "". Raises Unauthorized, Unavailable."""

    async def tags(self, reference: Reference, credentials: Credentials) -> Sequence[str]:
        """Return every tag of a repository. Raises NotFound, Unauthorized, Unavailable; Unsupported where there is no such list."""
        del credentials
        raise Unsupported(f"listing the tags of {reference.familiar_name} is not supported")

    async def search(self, term: str, limit: int, credentials: Credentials) -> Sequence[SearchResult]:
        """Search repositories by name; empty where the registry cannot."""
        del term, limit, credentials
        return ()
