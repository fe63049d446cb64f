"""Indexes, manifests and image configurations from bytes. Tools write null for what is empty; here that means absent."""

from typing import TypeVar

import msgspec

from sdk.errors import DataLoss
from sdk.oci.image import ImageConfig, Index, Manifest

Document = TypeVar("Document", Index, Manifest, ImageConfig)
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def parse_index(content: bytes) -> Index:
    """Raises DataLoss."""
    return _parse(content, Index, {"manifests": []})


def parse_manifest(content: bytes) -> Manifest:
    """Raises DataLoss."""
    return _parse(content, Manifest, {"layers": []})


def parse_config(content: bytes) -> ImageConfig:
    """Raises DataLoss."""
    return _parse(content, ImageConfig, {"architecture": "", "os": "linux", "rootfs": {}})


def _parse(content: bytes, kind: type[Document], absent: dict[str, Json]) -> Document:
    try:
        fields = _without_nulls(msgspec.json.decode(content))
        if not isinstance(fields, dict):
            raise DataLoss(f"{kind.__name__.lower()} is not a JSON object")
        return msgspec.convert({**absent, **fields}, kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise DataLoss(f"malformed {kind.__name__.lower()}: {error}") from error


def _without_nulls(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _without_nulls(entry) for name, entry in value.items() if entry is not None}
    if isinstance(value, list):
        return [_without_nulls(entry) for entry in value if entry is not None]
    return value
