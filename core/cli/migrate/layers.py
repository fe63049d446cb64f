"""The archives of dockerd's layers, byte for byte as they were pulled or built: from the files and the record beside them (tar-split)."""

import base64
import gzip
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import Struct

from sdk.linux.openat import open_regular
from sdk.text import UNREADABLE, unreadable_reason

_FILE, _SEGMENT = 1, 2
_CHUNK = 1 << 20


class MissingLayer(Exception):
    """A layer that cannot be made again; the message says why."""


class _Entry(Struct):
    """One line of the record: a piece of the archive itself, or a file whose content follows."""

    type: int
    name: str = ""
    name_raw: str = ""
    size: int = 0
    payload: str | None = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of the layer database; `size` is its archive's, in bytes."""

    record: Path
    files: Path
    size: int

    def chunks(self) -> Iterator[bytes]:
        """Yield the archive. Raises MissingLayer where a file is not what it was."""
        root = os.open(self.files, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for entry in _entries(self.record):
                if entry.type == _SEGMENT:
                    yield base64.b64decode(entry.payload or "")
                elif entry.size:
                    yield from _content(root, entry)
        finally:
            os.close(root)


def find_layers(root: Path, diff_ids: tuple[str, ...]) -> list[Layer]:
    """Return an image's layers, the lowest first. Raises MissingLayer."""
    database, chain, layers = root / "image" / "overlay2" / "layerdb" / "sha256", "", []
    for diff_id in diff_ids:
        chain = _chained(chain, diff_id)
        directory = database / chain.removeprefix("sha256:")
        record = directory / "tar-split.json.gz"
        try:
            cache = (directory / "cache-id").read_text().strip()
            size = sum(
                entry.size if entry.type == _FILE else len(base64.b64decode(entry.payload or "")) for entry in _entries(record)
            )
        except (OSError, EOFError, ValueError) as error:
            raise MissingLayer(f"its layer {chain[:19]} cannot be read: {error}") from error
        if "/" in cache or not cache:
            raise MissingLayer(f"its layer {chain[:19]} has no files")
        layers.append(Layer(record, root / "overlay2" / cache / "diff", size))
    return layers


def _chained(chain: str, diff_id: str) -> str:
    """Return the ID of a layer upon others (image-spec: config.md "Layer ChainID")."""
    return f"sha256:{hashlib.sha256(f'{chain} {diff_id}'.encode()).hexdigest()}" if chain else diff_id


def _entries(record: Path) -> Iterator[_Entry]:
    with gzip.open(record) as lines:
        for line in lines:
            try:
                yield msgspec.json.decode(line, type=_Entry)
            except UNREADABLE as error:
                raise MissingLayer(f"{record}: {unreadable_reason(error)}") from error


def _content(root: int, entry: _Entry) -> Iterator[bytes]:
    """Yield a file's content, at most as much as the record says: the archive's length has been told already."""
    name = base64.b64decode(entry.name_raw).decode(errors="surrogateescape") if entry.name_raw else entry.name
    left = entry.size
    try:
        descriptor = open_regular(root, name)
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            while left and (chunk := file.read(min(_CHUNK, left))):
                left -= len(chunk)
                yield chunk
    except OSError as error:
        raise MissingLayer(f"the file {name} of a layer cannot be read: {error.strerror}") from error
    if left:
        raise MissingLayer(f"the file {name} of a layer is shorter than it was")
