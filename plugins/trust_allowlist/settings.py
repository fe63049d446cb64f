"""Settings of the allowlist: the table `[plugins.trust_allowlist]`."""

from typing import Annotated

from pydantic import AfterValidator, Field

from plugins.trust_allowlist.patterns import compiled
from sdk.errors import InvalidArgument
from sdk.oci.digest import parse_digest
from sdk.oci.reference import parse_reference
from sdk.providers import PluginSettings

NAME = "allowlist"


def _checked_pattern(pattern: str) -> str:
    compiled(pattern)
    return pattern


def _checked_name(name: str) -> str:
    try:
        reference = parse_reference(name, default_tag=False)
    except InvalidArgument as error:
        raise ValueError(f"{name!r}: {error}") from error
    if reference.digest:
        raise ValueError(f"{name!r}: the digest belongs to the right of the equals sign")
    return name


def _checked_digest(digest: str) -> str:
    try:
        return parse_digest(digest)
    except InvalidArgument as error:
        raise ValueError(str(error)) from error


Digests = tuple[Annotated[str, AfterValidator(_checked_digest)], ...]


class AllowlistSettings(PluginSettings):
    """Without any setting every image is allowed."""

    repositories: tuple[Annotated[str, AfterValidator(_checked_pattern)], ...] = Field(
        (), description="Repositories that may be pulled from; * stands for anything within one part, ** for any parts. Empty: all"
    )
    pins: dict[Annotated[str, AfterValidator(_checked_name)], Digests] = Field(
        {}, description="By repository or repository:tag the digests it may have, of an index, a manifest or an image ID"
    )
    images: Digests = Field(
        (), description="Digests or IDs of images that are allowed, whatever they are called and wherever they are from"
    )
    verify_use: bool = Field(
        default=False,
        description="Verify images also before a container or a build uses them, which then refuses what came in another way than by an allowed pull",
    )
