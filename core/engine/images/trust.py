"""Image trust: every verifier accepts an image before anything of it is unpacked or run."""

from collections.abc import Iterator, Mapping

from core.images.store import ImageStore, StoredImage
from sdk.drivers.registry import Credentials, RegistryBackend
from sdk.drivers.verifier import ImageClaim, ImageVerifier, Occasion, Repositories
from sdk.errors import InvalidArgument
from sdk.oci.digest import parse_digest
from sdk.oci.reference import Reference, parse_reference

Verifiers = Mapping[str, ImageVerifier]


async def verify_pull(
    verifiers: Verifiers, reference: Reference, digests: tuple[str, str], registry: RegistryBackend, credentials: Credentials
) -> None:
    """Verify what a name was resolved to: the digest of that, and of the manifest for the platform. Raises ImageRefused."""
    origin = Reference(reference.domain, reference.path, reference.tag, parse_digest(digests[0]))
    repositories = Repositories(registry, credentials)
    await _verify(verifiers, ImageClaim(Occasion.PULL, reference.familiar, (origin,), frozenset(digests), repositories))


async def verify_use(verifiers: Verifiers, store: ImageStore, image: StoredImage, asked: str) -> None:
    """Verify an image of the store before a container or a build uses it. Raises ImageRefused."""
    if not any(Occasion.USE in verifier.occasions for verifier in verifiers.values()):
        return
    origins = tuple(_origins(store, image, asked))
    documents = {image.record.manifest.digest, image.id, *(str(origin.digest) for origin in origins)}
    await _verify(verifiers, ImageClaim(Occasion.USE, asked, origins, frozenset(documents)))


async def _verify(verifiers: Verifiers, claim: ImageClaim) -> None:
    for verifier in verifiers.values():
        if claim.occasion in verifier.occasions:
            await verifier.verify_image(claim)


def _origins(store: ImageStore, image: StoredImage, asked: str) -> Iterator[Reference]:
    """Yield the repositories an image is from. What clients pushed here under a name does not come from there."""
    tagged = _tagged(asked)
    for name in store.all_names(image.id):
        if name.digest and name.digest in image.record.blobs and not store.hosted.get(name, name.digest):
            tag = tagged.tag if tagged and tagged.name == name.name else None
            yield Reference(name.domain, name.path, tag, name.digest)


def _tagged(asked: str) -> Reference | None:
    try:
        return parse_reference(asked)
    except InvalidArgument:
        return None  # an ID
