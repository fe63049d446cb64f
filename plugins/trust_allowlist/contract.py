"""The verifier contract, kept by trust_allowlist: by repository, and by pinned digest."""

import pytest

from plugins.trust_allowlist.settings import AllowlistSettings
from plugins.trust_allowlist.verifier import AllowlistVerifier
from sdk.drivers.verifier import ImageClaim, ImageVerifier, Occasion
from sdk.oci.digest import Digest, digest_of
from sdk.oci.reference import Reference, parse_reference
from sdk.testing.contracts.verifier import VerifierContract

GOOD, BAD = digest_of(b"good"), digest_of(b"bad")


def pull(name: str, digest: Digest = GOOD) -> ImageClaim:
    """Return the claim of a pull."""
    reference = parse_reference(name)
    origin = Reference(reference.domain, reference.path, reference.tag, digest)
    return ImageClaim(Occasion.PULL, reference.familiar, (origin,), frozenset({digest}))


class TestRepositories(VerifierContract):
    @pytest.fixture
    def verifier(self) -> ImageVerifier:
        return AllowlistVerifier(AllowlistSettings.model_validate({"repositories": ["ghcr.io/team/**"]}))

    @pytest.fixture
    def accepted(self) -> ImageClaim:
        return pull("ghcr.io/team/app:1")

    @pytest.fixture
    def refused(self) -> ImageClaim:
        return pull("ghcr.io/others/app:1")


class TestPins(VerifierContract):
    @pytest.fixture
    def verifier(self) -> ImageVerifier:
        return AllowlistVerifier(AllowlistSettings.model_validate({"pins": {"alpine:3": [GOOD]}}))

    @pytest.fixture
    def accepted(self) -> ImageClaim:
        return pull("alpine:3")

    @pytest.fixture
    def refused(self) -> ImageClaim:
        return pull("alpine:3", BAD)
