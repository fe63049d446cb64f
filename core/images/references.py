"""The names of images: tags and digests of repositories, each pointing at one image ID."""

import logging
from collections.abc import Iterable, Iterator

from msgspec import Struct

from core.store.database import Database
from sdk.errors import InvalidArgument
from sdk.oci.digest import ALGORITHMS
from sdk.oci.reference import Reference, parse_reference

_log = logging.getLogger(__name__)


def check_name(reference: Reference) -> None:
    """Raises InvalidArgument for a name that would be read as the beginning of a digest."""
    if reference.familiar_name in ALGORITHMS:
        raise InvalidArgument("refusing to create an ambiguous tag using digest algorithm as name")


class ReferenceRecord(Struct, frozen=True, omit_defaults=True):
    """`image` is the ID a name points at; `tagged_ns` when it was set.

    A name of an index, whose digest is `index`, stands for images of other platforms as well: `others` are the IDs of those that are kept.
    """

    image: str
    tagged_ns: int
    index: str = ""
    others: tuple[str, ...] = ()

    @property
    def images(self) -> tuple[str, ...]:
        """Return every image the name stands for, the one it points at first."""
        return (self.image, *self.others)


class References:
    """The table of names, held in memory and written through. A key is a full reference with either a tag or a digest."""

    def __init__(self, database: Database) -> None:
        self._table = database.table("refs", ReferenceRecord)
        self._records: dict[Reference, ReferenceRecord] = {}
        self._by_image: dict[str, set[Reference]] = {}
        for reference, record in _readable(self._table.items()):
            self._note(reference, record)

    def __iter__(self) -> Iterator[Reference]:
        return iter(self._records)

    def get(self, reference: Reference) -> ReferenceRecord | None:
        return self._records.get(reference)

    def put(self, reference: Reference, record: ReferenceRecord) -> None:
        self._table.put(str(reference), record)
        self._unlink(reference)
        self._note(reference, record)

    def delete(self, reference: Reference) -> None:
        """Forget a name; idempotent."""
        self._table.delete(str(reference))
        self._unlink(reference)
        self._records.pop(reference, None)

    def of(self, image: str) -> tuple[Reference, ...]:
        """Return every name that points at an image, tags before digests, each in alphabetical order."""
        return _sorted(name for name in self._by_image.get(image, ()) if self._records[name].image == image)

    def standing_for(self, image: str) -> tuple[Reference, ...]:
        """Return every name that stands for an image, if only beside another one, in the same order."""
        return _sorted(self._by_image.get(image, ()))

    def _note(self, reference: Reference, record: ReferenceRecord) -> None:
        self._records[reference] = record
        for image in record.images:
            self._by_image.setdefault(image, set()).add(reference)

    def _unlink(self, reference: Reference) -> None:
        record = self._records.get(reference)
        for image in record.images if record else ():
            names = self._by_image[image]
            names.discard(reference)
            if not names:
                del self._by_image[image]


def _sorted(references: Iterable[Reference]) -> tuple[Reference, ...]:
    return tuple(sorted(references, key=lambda reference: (reference.tag is None, str(reference))))


def _readable(records: Iterable[tuple[str, ReferenceRecord]]) -> Iterator[tuple[Reference, ReferenceRecord]]:
    """Yield the names that are names: one that is none must not keep the engine from starting."""
    for key, record in records:
        try:
            yield parse_reference(key), record
        except InvalidArgument as error:
            _log.error("the name %r is left out: %s", key, error)
