"""Indexes, manifests and image configurations from bytes. Tools write null for what is empty; here that means absent."""

from contextlib import suppress
from typing import TypeVar

import msgspec

from sdk.errors import DataLoss
from sdk.oci.descriptor import Descriptor
from sdk.oci.image import ImageConfig, Index, Manifest
from sdk.text import UNREADABLE

LONGEST_CONFIG = 8 << 20
"""The largest configuration taken from a registry, in bytes."""

_LARGEST_BLOB = 2**63 - 1
_MOST_CONTAINERS = 200_000
"""Objects and lists in a document that has to be taken apart by hand; each costs some hundred bytes of memory."""

Document = TypeVar("Document", Index, Manifest, ImageConfig)
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def parse_index(content: bytes) -> Index:
    """Raises DataLoss."""
    return _parse(content, Index, {"manifests": []})


def parse_manifest(content: bytes) -> Manifest:
    """Raises DataLoss."""
    manifest = _parse(content, Manifest, {"layers": []})
    if not all(0 <= part.size <= _LARGEST_BLOB for part in (manifest.config, *manifest.layers)):
        raise DataLoss("malformed manifest: a size that no blob can have")
    return manifest


def require_short(config: Descriptor) -> None:
    """Raises DataLoss for a configuration that is too long to be read whole."""
    if config.size > LONGEST_CONFIG:
        raise DataLoss(f"the image's configuration {config.digest} is larger than {LONGEST_CONFIG} bytes")


def parse_config(content: bytes) -> ImageConfig:
    """Raises DataLoss."""
    return _parse(content, ImageConfig, {"architecture": "", "os": "linux", "rootfs": {}})


def _parse(content: bytes, kind: type[Document], absent: dict[str, Json]) -> Document:
    with suppress(*UNREADABLE):
        return msgspec.json.decode(content, type=kind)
    if content.count(b"{") + content.count(b"[") > _MOST_CONTAINERS:
        raise DataLoss(f"malformed {kind.__name__.lower()}: more than {_MOST_CONTAINERS} objects and lists")
    try:
        fields = _without_nulls(msgspec.json.decode(content))
        if not isinstance(fields, dict):
            raise DataLoss(f"{kind.__name__.lower()} is not a JSON object")
        return msgspec.convert({**absent, **fields}, kind)
    except RecursionError:
        raise DataLoss(f"malformed {kind.__name__.lower()}: nested too deeply") from None
    except UnicodeError:
        raise DataLoss(f"malformed {kind.__name__.lower()}: not UTF-8") from None
    except msgspec.MsgspecError as error:
        raise DataLoss(f"malformed {kind.__name__.lower()}: {error}") from error


def _without_nulls(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _without_nulls(entry) for name, entry in value.items() if entry is not None}
    if isinstance(value, list):
        return [_without_nulls(entry) for entry in value if entry is not None]
    return value
