"""Requests and replies of Docker's volume-plugin protocol. Names in replies may be absent or null."""

from msgspec import Struct

MEDIA_TYPE = "application/vnd.docker.plugins.v1.2+json"
VOLUME_DRIVER = "VolumeDriver"


class CreateRequest(Struct, rename="pascal"):
    name: str
    opts: dict[str, str]


class NameRequest(Struct, rename="pascal"):
    name: str


class MountRequest(Struct, rename={"name": "Name", "user": "ID"}):
    name: str
    user: str


class Empty(Struct):
    """A request that asks for everything."""


class Volume(Struct, rename="pascal"):
    name: str = ""
    mountpoint: str | None = None
    created_at: str | None = None


class Reply(Struct, rename={"error": "Err"}):
    """What every reply may carry; a plugin may also answer a failure with a status of 500."""

    error: str | None = None


class ActivateReply(Reply, rename={"error": "Err", "implements": "Implements"}):
    implements: list[str] | None = None


class PathReply(Reply, rename={"error": "Err", "mountpoint": "Mountpoint"}):
    mountpoint: str | None = None


class GetReply(Reply, rename={"error": "Err", "volume": "Volume"}):
    volume: Volume | None = None


class ListReply(Reply, rename={"error": "Err", "volumes": "Volumes"}):
    volumes: list[Volume] | None = None
