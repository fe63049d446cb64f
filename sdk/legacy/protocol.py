"""What the interfaces of Docker's plugin protocol (version 1.2) have in common. Names in replies may be absent or null."""

from msgspec import Struct

MEDIA_TYPE = "application/vnd.docker.plugins.v1.2+json"


class Interface(Struct, frozen=True):
    """`implements` is what a plugin's manifest calls it, `methods` what the names of its methods begin with, `noun` what errors call such a
    plugin."""

    implements: str
    methods: str
    noun: str


class Empty(Struct):
    """A request that asks for everything."""


class Reply(Struct, rename={"error": "Err"}):
    """What every reply may carry; a plugin may also answer a failure with a status of 500."""

    error: str | None = None


class ActivateReply(Reply, rename={"error": "Err", "implements": "Implements"}):
    """A plugin's manifest: the interfaces it implements."""

    implements: list[str] | None = None
