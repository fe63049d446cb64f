"""Requests and replies of Docker's volume-plugin protocol. Names in replies may be absent or null."""

from msgspec import Struct

from sdk.legacy.protocol import Interface, Reply

VOLUMES = Interface("VolumeDriver", "VolumeDriver", "volume plugin")


class CreateRequest(Struct, rename="pascal"):
    name: str
    opts: dict[str, str]


class NameRequest(Struct, rename="pascal"):
    name: str


class MountRequest(Struct, rename={"name": "Name", "user": "ID"}):
    name: str
    user: str


class Volume(Struct, rename="pascal"):
    name: str = ""
    mountpoint: str | None = None
    created_at: str | None = None


class PathReply(Reply, rename={"error": "Err", "mountpoint": "Mountpoint"}):
    mountpoint: str | None = None


class GetReply(Reply, rename={"error": "Err", "volume": "Volume"}):
    volume: Volume | None = None


class ListReply(Reply, rename={"error": "Err", "volumes": "Volumes"}):
    volumes: list[Volume] | None = None
