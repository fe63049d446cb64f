"""Image verifiers: policies that say which images may be used here."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import StrEnum

from sdk.drivers.deadlines import deadline
from sdk.drivers.registry import Credentials, RegistryBackend
from sdk.oci.reference import Reference


class Occasion(StrEnum):
    """When an image is looked at: before a pull fetches what would be unpacked, and before a container or a build uses what is stored."""

    PULL = "pull"
    USE = "use"


@dataclass(frozen=True, slots=True)
class Repositories:
    """The registries as the puller reaches them, for verifiers that look for signatures there."""

    registry: RegistryBackend
    credentials: Credentials


@dataclass(frozen=True, slots=True)
class ImageClaim:
    """An image that a client wants to use, called `name`.

    `origins` are the repositories it is known to be from, with digest, and with tag where that was asked for: at a pull the one it is pulled
    from, at its use those it was pulled from or pushed to. Empty for what was built, loaded, imported, committed or pushed to this
    engine. `digests` are all it goes by: of what the name stands for, of the manifest for its platform, and its ID (not before a pull).
    """

    occasion: Occasion
    name: str
    origins: tuple[Reference, ...]
    digests: frozenset[str]
    repositories: Repositories | None = field(default=None, compare=False)


class ImageVerifier(ABC):
    """A policy. All that the configuration chooses must accept an image; what one raises unforeseen counts as a refusal."""

    @property
    def occasions(self) -> frozenset[Occasion]:
        """When it is to be asked: always, unless it says less. Containers are created faster where no verifier asks about use."""
        return frozenset(Occasion)

    @abstractmethod
    @deadline(60)
    async def verify_image(self, image: ImageClaim) -> None:
        """Accept an image by returning. Raises ImageRefused with the reason."""
