"""The index of a layout: which manifest has which name (image-spec: image-layout.md "index.json file", annotations.md).

What other tools wrote into an index is kept byte for byte when it is changed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from msgspec import Struct

from sdk.errors import DataLoss, InvalidArgument
from sdk.oci.descriptor import OCI_INDEX, Descriptor
from sdk.oci.reference import parse_reference

REF_NAME = "org.opencontainers.image.ref.name"
_IMAGE_NAME = "io.containerd.image.name"
"""What containerd and `docker save` write beside the name: the whole reference, where the name is the tag alone."""

EMPTY = msgspec.json.encode({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []})


class _Entry(Struct, rename="camel"):
    media_type: str
    digest: str
    size: int
    annotations: dict[str, str] | None = None

    def descriptor(self) -> Descriptor:
        return Descriptor(self.media_type, self.digest, self.size)


@dataclass(frozen=True, slots=True)
class Named:
    """A manifest under a name: `repository` is "" for a bare tag, and both are for a manifest without a name."""

    descriptor: Descriptor
    repository: str
    tag: str


def entries(content: bytes) -> Iterator[Named]:
    """Yield what an index lists. Raises DataLoss."""
    for raw in _manifests(_fields(content)):
        entry = _entry(raw)
        yield Named(entry.descriptor(), *_name(entry.annotations or {}))


def with_entry(content: bytes, descriptor: Descriptor, name: str) -> bytes:
    """Return an index in which a name stands for a manifest, in place of what had the name. Raises DataLoss."""
    fields = _fields(content)
    kept = [raw for raw in _manifests(fields) if (_entry(raw).annotations or {}).get(REF_NAME) != name]
    added = msgspec.json.encode(msgspec.structs.replace(descriptor, annotations={REF_NAME: name}))
    fields["manifests"] = msgspec.Raw(msgspec.json.encode([*kept, msgspec.Raw(added)]))
    return msgspec.json.encode(fields)


def _fields(content: bytes) -> dict[str, msgspec.Raw]:
    try:
        return msgspec.json.decode(content, type=dict[str, msgspec.Raw])
    except (UnicodeError, RecursionError):
        raise DataLoss("malformed index.json: not UTF-8, or nested too deeply") from None
    except msgspec.MsgspecError as error:
        raise DataLoss(f"malformed index.json: {error}") from error


def _manifests(fields: dict[str, msgspec.Raw]) -> list[msgspec.Raw]:
    try:
        return msgspec.json.decode(fields.get("manifests", b"[]"), type=list[msgspec.Raw] | None) or []
    except (UnicodeError, RecursionError):
        raise DataLoss("malformed index.json: not UTF-8, or nested too deeply") from None
    except msgspec.MsgspecError as error:
        raise DataLoss(f"malformed index.json: {error}") from error


def _entry(raw: msgspec.Raw) -> _Entry:
    try:
        return msgspec.json.decode(raw, type=_Entry)
    except (UnicodeError, RecursionError):
        raise DataLoss("malformed index.json: not UTF-8, or nested too deeply") from None
    except msgspec.MsgspecError as error:
        raise DataLoss(f"malformed index.json: {error}") from error


def _name(annotations: dict[str, str]) -> tuple[str, str]:
    """Return repository and tag; a name that is a whole reference names its repository without the host."""
    text = annotations.get(_IMAGE_NAME) or annotations.get(REF_NAME, "")
    if ":" not in text and "/" not in text:
        return "", text
    try:
        reference = parse_reference(text)
    except InvalidArgument:
        return "", text
    return reference.path.removeprefix("library/"), reference.tag or ""
