"""Image archives as `docker save` and others write them: docker-archive (`manifest.json`) and OCI layout (`index.json`)."""

import hashlib
import posixpath
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct

from core.images.diskspace import writing
from core.images.documents import parse_index, parse_manifest
from core.images.platforms import choose
from sdk.errors import DataLoss, InvalidArgument, NotFound
from sdk.oci.descriptor import INDEX_TYPES, OCI_LAYER, OCI_LAYER_GZIP, OCI_LAYER_ZSTD, Descriptor, Platform
from sdk.oci.digest import hex_of
from sdk.oci.reference import Reference, parse_reference

_MAGIC = ((b"\x1f\x8b", OCI_LAYER_GZIP), (b"\x28\xb5\x2f\xfd", OCI_LAYER_ZSTD))
_LONGEST_DOCUMENT = 16 << 20
_COPY = 1 << 20
_LINKS = 8


class _Entry(Struct, rename="pascal"):
    config: str
    layers: tuple[str, ...] = ()
    repo_tags: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ArchivedImage:
    """An image in an archive. `manifest` is its own, if the archive has one; the others are names of members."""

    config: str
    layers: tuple[str, ...]
    names: tuple[Reference, ...]
    manifest: bytes | None = None


class Archive:
    """An opened archive file of any compression that tarfile knows. Every method blocks; close it when done."""

    def __init__(self, path: Path) -> None:
        try:
            self._tar = tarfile.open(path, "r:*")  # noqa: SIM115 - closed by close()
            self._members = {posixpath.normpath(member.name): member for member in self._tar}
        except (tarfile.TarError, EOFError, OSError) as error:
            raise InvalidArgument(f"invalid archive: {error}") from error

    def close(self) -> None:
        self._tar.close()

    def images(self, platform: Platform | None) -> list[ArchivedImage]:
        """Return the images in here. Raises InvalidArgument if this is no image archive, DataLoss if it is a damaged one."""
        if "manifest.json" in self._members:
            return list(self._docker_images())
        if "index.json" in self._members:
            return list(self._oci_images(platform))
        raise InvalidArgument("invalid archive: does not contain a manifest.json")

    def read(self, name: str) -> bytes:
        """Return a small member. Raises DataLoss."""
        with self._open(name) as member:
            return member.read(_LONGEST_DOCUMENT)

    def copy(self, name: str, target: Path) -> Descriptor:
        """Copy a layer out and describe what was copied. Raises DataLoss."""
        digest, size, head = hashlib.sha256(), 0, b""
        with self._open(name) as member, writing(target), target.open("wb") as output:
            while chunk := member.read(_COPY):
                head = head or chunk
                digest.update(chunk)
                size += len(chunk)
                output.write(chunk)
        return Descriptor(layer_type(head), f"sha256:{digest.hexdigest()}", size)

    def _open(self, name: str) -> IO[bytes]:
        member = self._members.get(posixpath.normpath(name))
        for _ in range(_LINKS):
            if member is None or not (member.issym() or member.islnk()):
                break
            base = posixpath.dirname(member.name) if member.issym() else ""
            member = self._members.get(posixpath.normpath(posixpath.join(base, member.linkname)))
        opened = self._tar.extractfile(member) if member is not None and member.isreg() else None
        if opened is None:
            raise DataLoss(f"invalid archive: {name} is missing")
        return opened

    def _docker_images(self) -> Iterator[ArchivedImage]:
        try:
            entries = msgspec.json.decode(self.read("manifest.json"), type=list[_Entry])
        except msgspec.MsgspecError as error:
            raise DataLoss(f"invalid archive: manifest.json: {error}") from error
        manifests = self._manifests()
        for entry in entries:
            names = tuple(parse_reference(tag) for tag in entry.repo_tags or ())
            yield ArchivedImage(entry.config, entry.layers, names, manifests.get(posixpath.basename(entry.config)))

    def _oci_images(self, platform: Platform | None) -> Iterator[ArchivedImage]:
        for descriptor in parse_index(self.read("index.json")).manifests:
            content = self._chosen(descriptor, platform)
            manifest = parse_manifest(content)
            layers = tuple(_blob(layer.digest) for layer in manifest.layers)
            yield ArchivedImage(_blob(manifest.config.digest), layers, _names(descriptor), content)

    def _manifests(self) -> dict[str, bytes]:
        """Return the manifests of an OCI layout by the hexadecimal digest of the configuration they are for."""
        if "index.json" not in self._members:
            return {}
        found = {}
        for descriptor in parse_index(self.read("index.json")).manifests:
            try:
                content = self._chosen(descriptor, None)
                found[hex_of(parse_manifest(content).config.digest)] = content
            except (DataLoss, NotFound):
                continue
        return found

    def _chosen(self, descriptor: Descriptor, platform: Platform | None) -> bytes:
        content = self.read(_blob(descriptor.digest))
        return self.read(_blob(choose(parse_index(content), platform).digest)) if descriptor.media_type in INDEX_TYPES else content


def layer_type(head: bytes) -> str:
    """Return the media type of a layer that begins so."""
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), OCI_LAYER)


def _blob(digest: str) -> str:
    return f"blobs/sha256/{hex_of(digest)}"


def _names(descriptor: Descriptor) -> tuple[Reference, ...]:
    full = descriptor.annotations.get("io.containerd.image.name", "")
    short = descriptor.annotations.get("org.opencontainers.image.ref.name", "")
    text = full or (short if ":" in short or "/" in short else "")
    return (parse_reference(text),) if text else ()
