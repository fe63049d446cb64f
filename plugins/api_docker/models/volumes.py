"""Volumes on the wire."""

from msgspec import UNSET, Struct, UnsetType


class UsageData(Struct, rename="pascal"):
    size: int
    ref_count: int


class Volume(Struct, rename="pascal"):
    created_at: str
    driver: str
    labels: dict[str, str] | None
    mountpoint: str
    name: str
    options: dict[str, str] | None
    scope: str = "local"
    usage_data: UsageData | UnsetType = UNSET


class VolumeList(Struct, rename="pascal"):
    volumes: list[Volume]
    warnings: list[str] | None = None


class VolumeCreateBody(Struct, rename="pascal"):
    name: str = ""
    driver: str = ""
    driver_opts: dict[str, str] = {}
    labels: dict[str, str] = {}


class VolumesPruned(Struct, rename="pascal"):
    volumes_deleted: tuple[str, ...]
    space_reclaimed: int
