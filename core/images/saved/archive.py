"""Image archives as `docker save` and others write them: docker-archive (`manifest.json`) and OCI layout (`index.json`)."""

import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from core.archives.untar import confined
from core.images.documents import parse_config, parse_index, parse_manifest
from core.images.platforms import attestations_of, choose, images_of
from core.images.saved.archived import ArchivedImage, Member
from core.images.saved.members import Members
from sdk.errors import DataLoss, InvalidArgument, NotFound
from sdk.oci.descriptor import INDEX_TYPES, Descriptor, Platform, matches
from sdk.oci.digest import blob_name, hex_of, is_digest
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

    def images(self, platforms: Sequence[Platform] = ()) -> list[ArchivedImage]:
        """Return the images in here, of all platforms that are whole or of some.

        An archive that is both a docker-archive and a layout says in `manifest.json` which it is meant to bring; the layout alone knows
        of platforms. Raises InvalidArgument if this is no image archive or lacks a platform, DataLoss if it is a damaged one.
        """
        is_docker, is_layout = self._members.find(b"manifest.json"), self._members.find(b"index.json")
        if not (is_docker or is_layout):
            raise InvalidArgument("invalid archive: does not contain a manifest.json")
        found = self._oci_images() if is_layout and (platforms or not is_docker) else self._docker_images()
        return _of_platforms(list(found), platforms)

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
            manifest, index = manifests.get(posixpath.basename(entry.config), (None, None))
            yield ArchivedImage(config, layers, names, manifest, index, self._attached(index, manifest))

    def _oci_images(self) -> Iterator[ArchivedImage]:
        for descriptor in parse_index(self._list("index.json")).manifests:
            for member, index in self._offered(descriptor):
                manifest = parse_manifest(_read(member))
                layers = tuple(self._blob(layer.digest) for layer in manifest.layers)
                config, attached = self._document(blob_name(manifest.config.digest)), self._attached(index, member)
                yield ArchivedImage(config, layers, _names(descriptor), member, index, attached)

    def _manifests(self) -> dict[str, tuple[Member, Member | None]]:
        """Return the manifests of an OCI layout, each with its index, by the hexadecimal digest of the configuration they are for. What is
        damaged or no layout has none: `manifest.json` alone says what an archive must have."""
        found: dict[str, tuple[Member, Member | None]] = {}
        with suppress(DataLoss):
            for descriptor in parse_index(self._list("index.json")).manifests:
                with suppress(DataLoss, NotFound, InvalidArgument):
                    offered = self._offered(descriptor)
                    found |= {hex_of(parse_manifest(_read(member)).config.digest): (member, index) for member, index in offered}
        return found

    def _offered(self, descriptor: Descriptor) -> list[tuple[Member, Member | None]]:
        """Return the manifest that a descriptor is of; of an index those that are whole here, each with the index. Raises DataLoss."""
        member = self._document(blob_name(descriptor.digest))
        if descriptor.media_type not in INDEX_TYPES:
            return [(member, None)]
        index = parse_index(_read(member))
        whole = [self._document(blob_name(entry.digest)) for entry in images_of(index) if self._is_whole(entry)]
        if not whole:  # then the one for this machine says what is wrong
            whole = [self._document(blob_name(choose(index, None).digest))]
        return [(manifest, member) for manifest in whole]

    def _attached(self, index: Member | None, manifest: Member | None) -> tuple[Member, ...]:
        """Return the files of an image's attestations, of those that are whole."""
        if index is None or manifest is None:
            return ()
        whole = [entry for entry in attestations_of(parse_index(_read(index)), manifest.digest) if self._is_whole(entry)]
        return tuple(file for entry in whole for file in self._files(self._document(blob_name(entry.digest))))

    def _files(self, member: Member) -> Iterator[Member]:
        manifest = parse_manifest(_read(member))
        yield member
        yield from (self._blob(blob.digest) for blob in (manifest.config, *manifest.layers))

    def _is_whole(self, entry: Descriptor) -> bool:
        if not is_digest(entry.digest) or not self._members.find(blob_name(entry.digest).encode()):
            return False
        manifest = parse_manifest(_read(self._document(blob_name(entry.digest))))
        blobs = (manifest.config.digest, *(layer.digest for layer in manifest.layers))
        return all(is_digest(blob) and self._members.find(blob_name(blob).encode()) for blob in blobs)

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


def _of_platforms(images: list[ArchivedImage], platforms: Sequence[Platform]) -> list[ArchivedImage]:
    if not platforms:
        return images
    offered = [(parse_config(_read(image.config)).platform, image) for image in images]
    for platform in platforms:
        if not any(matches(platform, each) for each, _image in offered):
            raise InvalidArgument(f"the archive does not provide the specified platform ({platform})")
    return [image for each, image in offered if any(matches(platform, each) for platform in platforms)]


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
