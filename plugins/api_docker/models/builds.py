"""Builds on the wire."""

from msgspec import Struct


class BuildCacheEntry(Struct, frozen=True, kw_only=True, rename={
    "id": "ID", "parents": "Parents", "type": "Type", "description": "Description", "in_use": "InUse", "shared": "Shared",
    "size": "Size", "created_at": "CreatedAt", "last_used_at": "LastUsedAt", "usage_count": "UsageCount",
}):  # fmt: skip
    """An entry of the build cache."""

    id: str
    parents: tuple[str, ...]
    type: str
    description: str
    in_use: bool
    shared: bool
    size: int
    created_at: str
    last_used_at: str | None
    usage_count: int


class ErrorDetail(Struct, frozen=True, omit_defaults=True):
    message: str
    code: int = 0


class BuildLine(Struct, frozen=True, omit_defaults=True, rename={"error_detail": "errorDetail"}):
    """One object of a build's output."""

    stream: str = ""
    status: str = ""
    aux: dict[str, str] = {}
    error_detail: ErrorDetail | None = None
    error: str = ""
