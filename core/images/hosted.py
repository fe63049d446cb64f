"""Manifests that clients pushed here, by repository, exactly as they came; and which of them a tag was pushed for.

An image the engine can run is in the image store as well, and lives there: when it is removed, what is kept here of it is void. What
is no such image (an index, another platform's image, a signature) is kept until it is deleted here.
"""

from collections.abc import Callable, Iterator

import msgspec
from msgspec import Struct

from core.store.database import Database
from sdk.oci.descriptor import Descriptor
from sdk.oci.digest import Digest
from sdk.oci.reference import Reference, parse_reference


class HostedManifest(Struct, frozen=True, omit_defaults=True):
    """`descriptor` is as the list of referrers shows it; `blobs` is all content it holds on to, itself included; `image` the ID of the
    image it stands or fell with, "" if it stands by itself; `children` the manifests an index lists."""

    descriptor: Descriptor
    blobs: tuple[str, ...]
    image: str = ""
    subject: str = ""
    children: tuple[str, ...] = ()


class HostedTag(Struct, frozen=True, omit_defaults=True):
    """What was pushed under a tag. Void once the tag stands for another image than `image` ("" for none)."""

    digest: str
    image: str = ""


class Hosted:
    """Both tables, held in memory and written through. `is_stored` tells whether an image is in the image store."""

    def __init__(self, database: Database, is_stored: Callable[[str], bool]) -> None:
        self._is_stored = is_stored
        self._manifest_table = database.table("hosted", HostedManifest)
        self._tag_table = database.table("hosted_tags", HostedTag)
        self._manifests = {parse_reference(key): record for key, record in self._manifest_table.items()}
        self._tags = {parse_reference(key): record for key, record in self._tag_table.items()}

    @property
    def blobs(self) -> set[str]:
        """Return all content that must stay."""
        return {blob for record in self._manifests.values() if self._is_live(record) for blob in record.blobs}

    def get(self, repository: Reference, digest: str) -> HostedManifest | None:
        """Return a manifest of a repository."""
        record = self._manifests.get(_by_digest(repository, digest))
        return record if record and self._is_live(record) else None

    def tag(self, reference: Reference) -> HostedTag | None:
        """Return what was pushed under a tag, as it was then."""
        return self._tags.get(_by_tag(reference))

    def tags(self) -> Iterator[tuple[Reference, HostedTag]]:
        return iter(tuple(self._tags.items()))

    def manifests(self) -> Iterator[tuple[Reference, HostedManifest]]:
        """Yield every manifest with its name by digest."""
        return iter([(name, record) for name, record in self._manifests.items() if self._is_live(record)])

    def put(self, repository: Reference, record: HostedManifest) -> None:
        """Record a manifest. What an index lists and stands by itself, stands or falls with the index' image from now on."""
        self._put(_by_digest(repository, record.descriptor.digest), record)
        for digest in record.children:
            child = self.get(repository, digest)
            if child and not child.image and record.image:
                self._put(_by_digest(repository, digest), msgspec.structs.replace(child, image=record.image))

    def put_tag(self, reference: Reference, record: HostedTag) -> None:
        self._tag_table.put(str(_by_tag(reference)), record)
        self._tags[_by_tag(reference)] = record

    def delete(self, repository: Reference, digest: str) -> None:
        """Forget a manifest; idempotent."""
        self._delete(_by_digest(repository, digest))

    def delete_tag(self, reference: Reference) -> None:
        """Forget what was pushed under a tag; idempotent."""
        self._tag_table.delete(str(_by_tag(reference)))
        self._tags.pop(_by_tag(reference), None)

    def drop_void(self) -> None:
        """Forget the manifests of images that are gone."""
        for name, record in tuple(self._manifests.items()):
            if not self._is_live(record):
                self._delete(name)

    def _is_live(self, record: HostedManifest) -> bool:
        return not record.image or self._is_stored(record.image)

    def _put(self, name: Reference, record: HostedManifest) -> None:
        self._manifest_table.put(str(name), record)
        self._manifests[name] = record

    def _delete(self, name: Reference) -> None:
        self._manifest_table.delete(str(name))
        self._manifests.pop(name, None)


def _by_digest(repository: Reference, digest: str) -> Reference:
    return Reference(repository.domain, repository.path, None, Digest(digest))


def _by_tag(reference: Reference) -> Reference:
    return Reference(reference.domain, reference.path, reference.tag)
