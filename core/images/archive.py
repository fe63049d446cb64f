"""Image archives as `docker save` and others write them: docker-archive (`manifest.json`) and OCI layout (`index.json`)."""

import os
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from core.images.archived import ArchivedImage, Member
from core.images.documents import parse_index, parse_manifest
from core.images.members import Members
from core.images.platforms import choose
from core.images.untar import confined
from sdk.errors import DataLoss, InvalidArgument, NotFound
from sdk.oci.descriptor import INDEX_TYPES, Descriptor
from sdk.oci.digest import blob_name, hex_of
from sdk.oci.reference import parse_reference

_LONGEST_LIST = 16 << 20
_LONGEST_DOCUMENT = 4 << 20
"""Bytes of a manifest or a configuration; registries take no more."""

_BLOB = re.compile(rb"blobs/[a-z0-9]+/([0-9a-f]+)")


class _Entry(Struct, rename="pascal"):
    config: str
    layers: tuple[str, ...] | None = None
    repo_tags: tuple[str, ...] | None = None


class Archive:
    """An archive that has been taken apart into the current directory."""

    def __init__(self, members: Members) -> None:
        self._members = members

    def images(self) -> list[ArchivedImage]:
        """Return the images in here. Raises InvalidArgument if this is no image archive, DataLoss if it is a damaged one."""
        if self._members.find(b"manifest.json"):
            return list(self._docker_images())
        if self._members.find(b"index.json"):
            return list(self._oci_images())
        raise InvalidArgument("invalid archive: does not contain a manifest.json")

    def _docker_images(self) -> Iterator[ArchivedImage]:
        try:
            entries = msgspec.json.decode(self._list("manifest.json"), type=list[_Entry])
        except (UnicodeError, RecursionError):
            raise DataLoss("invalid archive: manifest.json: not UTF-8, or nested too deeply") from None
        except msgspec.MsgspecError as error:
            raise DataLoss(f"invalid archive: manifest.json: {error}") from error
        manifests = self._manifests()
        for entry in entries:
            config = self._document(entry.config)
            names = tuple(str(parse_reference(tag)) for tag in entry.repo_tags or ())
            layers = tuple(self._file(layer) for layer in entry.layers or ())
            yield ArchivedImage(config, layers, names, manifests.get(posixpath.basename(entry.config)))

    def _oci_images(self) -> Iterator[ArchivedImage]:
        for descriptor in parse_index(self._list("index.json")).manifests:
            member = self._chosen(descriptor)
            manifest = parse_manifest(_read(member))
            layers = tuple(self._blob(layer.digest) for layer in manifest.layers)
            yield ArchivedImage(self._document(blob_name(manifest.config.digest)), layers, _names(descriptor), member)

    def _manifests(self) -> dict[str, Member]:
        """Return the manifests of an OCI layout by the hexadecimal digest of the configuration they are for."""
        found: dict[str, Member] = {}
        if not self._members.find(b"index.json"):
            return found
        for descriptor in parse_index(self._list("index.json")).manifests:
            try:
                member = self._chosen(descriptor)
                found[hex_of(parse_manifest(_read(member)).config.digest)] = member
            except (DataLoss, NotFound):
                continue
        return found

    def _chosen(self, descriptor: Descriptor) -> Member:
        """Return the manifest that a descriptor in an index is of, or, of several platforms' manifests, this one's."""
        member = self._document(blob_name(descriptor.digest))
        if descriptor.media_type in INDEX_TYPES:
            return self._document(blob_name(choose(parse_index(_read(member)), None).digest))
        return member

    def _list(self, name: str) -> bytes:
        return _read(_short(self._file(name), name, _LONGEST_LIST))

    def _document(self, name: str) -> Member:
        return _short(self._file(name), name, _LONGEST_DOCUMENT)

    def _blob(self, digest: str) -> Member:
        return self._file(blob_name(digest))

    def _file(self, name: str) -> Member:
        """Return a file by its name. Raises DataLoss if it is not there, or not what its name says."""
        path = confined(os.fsencode(name))
        found = self._members.find(path)
        if found is None:
            raise DataLoss(f"invalid archive: {name} is missing")
        if (told := _BLOB.fullmatch(path)) and hex_of(found.digest) != told[1].decode():
            raise DataLoss(f"invalid archive: {name} has the digest {found.digest}")
        return found


def _short(member: Member, name: str, longest: int) -> Member:
    if member.size > longest:
        raise DataLoss(f"invalid archive: {name} is longer than {longest} bytes")
    return member


def _read(member: Member) -> bytes:
    return Path(member.file).read_bytes()


def _names(descriptor: Descriptor) -> tuple[str, ...]:
    full = descriptor.annotations.get("io.containerd.image.name", "")
    short = descriptor.annotations.get("org.opencontainers.image.ref.name", "")
    text = full or (short if ":" in short or "/" in short else "")
    return (str(parse_reference(text)),) if text else ()
