"""Images by ID and by name. An image's ID is the digest of its configuration blob; names point at IDs."""

import logging
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from msgspec import Struct
from msgspec.structs import replace

from core.images.content.store import ContentStore
from core.images.documents import parse_config
from core.images.hosted import Hosted
from core.images.layers.store import Layers
from core.images.references import ReferenceRecord, References, check_name
from core.images.timestamps import nanoseconds
from core.store.database import Database
from sdk.engine.images import ImageInfo
from sdk.errors import EngineError, NoSuchImage, NotFound
from sdk.oci.descriptor import Descriptor, Platform, host, matches
from sdk.oci.digest import ALGORITHMS, ChainID, Digest, chain_ids
from sdk.oci.image import ImageConfig
from sdk.oci.reference import Reference, parse_reference

_USE_RESOLUTION_NS = 60_000_000_000
_log = logging.getLogger(__name__)
_ID = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_PREFIX = re.compile(r"(?:(sha256|sha512):)?([0-9a-f]{1,128})")


class ImageRecord(Struct, frozen=True, omit_defaults=True):
    """What the database keeps of an image. `blobs` is all content it holds on to: manifest, configuration and layer archives;
    `size` what its layers take unpacked; `parent` the image it was built or committed from, if known."""

    manifest: Descriptor
    blobs: tuple[str, ...]
    size: int
    parent: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class StoredImage:
    """An image with its decoded configuration. `chains` names its layers bottom first."""

    id: str
    config: ImageConfig
    record: ImageRecord
    chains: tuple[ChainID, ...]
    reference: str

    @property
    def chain_id(self) -> ChainID | None:
        """Return the name of the whole stack; None for an image without layers."""
        return self.chains[-1] if self.chains else None


class ImageStore:
    """All images, held in memory and written through. Changes to several records are made in one transaction."""

    def __init__(self, database: Database, content: ContentStore) -> None:
        self.content = content
        self.layers = Layers(database)
        self.references = References(database)
        self._database = database
        self._table = database.table("images", ImageRecord)
        self._use_table = database.table("image_uses", int)
        self._uses = dict(self._use_table.items())
        self._images: dict[str, StoredImage] = {}
        self._infos: dict[str, ImageInfo] = {}
        self._children: dict[str, dict[str, None]] = {}
        self._left_out: dict[str, ImageRecord] = {}
        for image_id, record in self._table.items():
            self._load(image_id, record)
        self.hosted = Hosted(database, self.__contains__)
        self.hosted.drop_void()

    def __iter__(self) -> Iterator[StoredImage]:
        return iter(tuple(self._images.values()))

    def __contains__(self, image_id: str) -> bool:
        return image_id in self._images

    def get(self, image_id: str) -> StoredImage:
        """Return an image by its full ID. Raises NoSuchImage."""
        try:
            return self._images[image_id]
        except KeyError:
            raise NoSuchImage(image_id) from None

    def find_for(self, ref: str, platform: Platform | None) -> StoredImage:
        """Return the image a person names, of a platform if one is given. Raises what `find` raises, NotFound if it is not for that one."""
        image = self.find(ref)
        if platform is None:
            return image
        for image_id in self.siblings(image.id, self._name(ref, image)):
            if matches(platform, self.get(image_id).config.platform):
                return self.get(image_id)
        raise NotFound(
            f"image with reference {ref} was found but its platform ({image.config.platform}) "
            f"does not match the specified platform ({platform})"
        )

    def siblings(self, image_id: str, name: Reference | None = None) -> tuple[str, ...]:
        """Return the images that a name stands for, or without one all that any name of this image stands for: this one first."""
        names = self.all_names(image_id) if name is None else (name,)
        records = (self.references.get(each) for each in names)
        found = (each for record in records if record for each in record.images)
        return tuple(each for each in dict.fromkeys((image_id, *found)) if each in self._images)

    def find(self, ref: str) -> StoredImage:
        """Return the image a person names: full or familiar name, name@digest, ID, or a unique prefix of an ID.

        Raises NoSuchImage, NotFound (ambiguous prefix), InvalidArgument (not a reference).
        """
        if match := _ID.fullmatch(ref):
            return self.get(f"sha256:{match[1]}")
        if ref.startswith(("sha256:", "sha512:")) and (image := self._by_prefix(ref)):
            return image
        reference = parse_reference(ref)
        if image := self.named(reference) or self._by_prefix(ref):
            return image
        raise NoSuchImage(reference.familiar)

    def named(self, reference: Reference) -> StoredImage | None:
        """Return the image a reference points at. With both tag and digest the digest decides."""
        if reference.digest:
            reference = Reference(reference.domain, reference.path, None, reference.digest)
        record = self.references.get(reference)
        return self._images.get(record.image) if record else None

    def names(self, image_id: str) -> tuple[Reference, ...]:
        """Return the tags that point at an image, then its repository digests."""
        return self.references.of(image_id)

    def all_names(self, image_id: str) -> tuple[Reference, ...]:
        """Return the names that stand for an image, also those that point at another platform's."""
        return self.references.standing_for(image_id)

    def add(self, image_id: str, record: ImageRecord, names: tuple[Reference, ...] = (), index: str = "") -> StoredImage:
        """Record an image whose content and layers are in place, and point names at it. Idempotent.

        With the digest of an index, names that stand for an image of the same index go on standing for it: see `core.images.variants`.
        """
        with self._database.transaction():
            self._table.put(image_id, record)
            for name in names:
                self.point(name, image_id, index)
        known = self._images.get(image_id)
        if known is None or known.record != record:
            self._load(image_id, record)
        self.use(image_id)
        return self.get(image_id)

    def use(self, image_id: str) -> None:
        """Note that an image is used now: it came, or a container of it did, or went. Exact to a minute."""
        now = time.time_ns()
        if image_id in self._images and now - self._uses.get(image_id, 0) > _USE_RESOLUTION_NS:
            self._use_table.put(image_id, now)
            self._uses[image_id] = now

    def last_used_ns(self, image_id: str) -> int:
        """Return when an image was used last, or made, if that is not known."""
        return self._uses.get(image_id) or nanoseconds(self.get(image_id).config.created)

    def tag(self, image_id: str, name: Reference) -> None:
        """Point a name at an image, taking it from the image that had it; it stands for the image's other platforms, too."""
        before = self.references.get(name)
        if before and before.image == image_id:
            return
        record = next((known for each in self.names(image_id) if (known := self.references.get(each)) and known.others), None)
        self.set_name(name, record or ReferenceRecord(image_id, 0))

    def set_name(self, name: Reference, record: ReferenceRecord) -> None:
        """Let a name stand for images from now on."""
        check_name(name)
        before = self.references.get(name)
        self.references.put(name, replace(record, tagged_ns=time.time_ns()))
        for image_id in {*record.images, *(before.images if before else ())}:
            self._changed(image_id)

    def untag(self, name: Reference) -> None:
        """Drop a name; idempotent."""
        if record := self.references.get(name):
            self.references.delete(name)
            for image_id in record.images:
                self._changed(image_id)

    def forget(self, image_id: str) -> None:
        """Drop an image and every name that stands for it alone; idempotent. Its content and layers go with the next collection."""
        with self._database.transaction():
            for name in self.all_names(image_id):
                self._drop_from(name, image_id)
            self._table.delete(image_id)
            self._use_table.delete(image_id)
        self._uses.pop(image_id, None)
        if image := self._images.pop(image_id, None):
            self._children.get(image.record.parent, {}).pop(image_id, None)
        self._left_out.pop(image_id, None)
        self._infos.pop(image_id, None)

    def records(self) -> list[tuple[str, ImageRecord]]:
        """Return every recorded image, also those that are left out because their configuration cannot be read."""
        return [*((image.id, image.record) for image in self), *self._left_out.items()]

    def dangling_names(self) -> tuple[Reference, ...]:
        """Return the names that point at no recorded image."""
        recorded = self._images.keys() | self._left_out.keys()
        return tuple(name for name in self.references if (record := self.references.get(name)) and record.image not in recorded)

    def children(self, image_id: str) -> tuple[StoredImage, ...]:
        """Return the images built or committed from this one."""
        return tuple(self._images[child] for child in self._children.get(image_id, ()))

    def descendants(self, ref: str) -> frozenset[str]:
        """Return the IDs of an image, of its other platforms and of all that were built or committed from them. Raises NoSuchImage."""
        found, waiting = set[str](), list(self.siblings(self.find(ref).id))
        while waiting:
            image_id = waiting.pop()
            found.add(image_id)
            waiting += [child.id for child in self.children(image_id) if child.id not in found]
        return frozenset(found)

    def info(self, image_id: str, containers: int) -> ImageInfo:
        """Return an image as frontends see it: the same object until something of it changes."""
        info = self._infos.get(image_id)
        if info is None or info.containers != containers:
            info = self._infos[image_id] = self._describe(self.get(image_id), containers)
        return info

    def _describe(self, image: StoredImage, containers: int) -> ImageInfo:
        names = self.all_names(image.id)
        tagged = [record.tagged_ns for name in names if name.tag and (record := self.references.get(name))]
        return ImageInfo(
            id=image.id,
            config=image.config,
            descriptor=image.record.manifest,
            tags=tuple(name.familiar for name in names if name.tag),
            digests=tuple(name.familiar for name in names if name.digest),
            size=image.record.size,
            created_ns=nanoseconds(image.config.created),
            tagged_ns=max(tagged, default=0),
            parent=image.record.parent,
            containers=containers,
            origins=tuple(self._origins(image, names)),
        )

    def _origins(self, image: StoredImage, names: tuple[Reference, ...]) -> Iterator[str]:
        """Yield the repositories an image was pulled from or pushed to: those whose digest of it is its own, but for what clients pushed here."""
        for name in names:
            if name.digest and name.digest in image.record.blobs and not self.hosted.get(name, name.digest):
                yield name.name

    def _load(self, image_id: str, record: ImageRecord) -> None:
        try:
            config = parse_config(self.content.read(image_id))
        except EngineError as error:
            _log.error("image %s is left out: %s", image_id, error)
            self._left_out[image_id] = record
            return
        self._left_out.pop(image_id, None)
        chains = chain_ids(tuple(Digest(diff_id) for diff_id in config.rootfs.diff_ids))
        if before := self._images.get(image_id):
            self._children.get(before.record.parent, {}).pop(image_id, None)
        self._images[image_id] = StoredImage(image_id, config, record, chains, self._reference(image_id))
        if record.parent:
            self._children.setdefault(record.parent, {})[image_id] = None
        self._changed(image_id)

    def point(self, name: Reference, image_id: str, index: str = "") -> None:
        """Point a name at an image; with an index, beside the other images of it that the name stands for."""
        before = self.references.get(name)
        if before and before.image == image_id and before.index == index:
            return
        others = before.images if before and index and before.index == index else ()
        self._set_images(name, index, dict.fromkeys((image_id, *others)))

    def _drop_from(self, name: Reference, image_id: str) -> None:
        record = self.references.get(name)
        if record and (rest := tuple(other for other in record.images if other != image_id)):
            self._set_images(name, record.index, rest)
        else:
            self.untag(name)

    def _set_images(self, name: Reference, index: str, images: Iterable[str]) -> None:
        """Let a name of an index stand for images, pointing at the one for this machine or, if there is none, at the first."""
        first, *others = sorted(images, key=lambda image_id: not matches(host(), self._platform(image_id)))
        self.set_name(name, ReferenceRecord(first, 0, index, tuple(others)))

    def _platform(self, image_id: str) -> Platform:
        image = self._images.get(image_id)
        return (image.config if image else parse_config(self.content.read(image_id))).platform

    def _changed(self, image_id: str) -> None:
        self._infos.pop(image_id, None)
        if image := self._images.get(image_id):
            self._images[image_id] = StoredImage(image_id, image.config, image.record, image.chains, self._reference(image_id))

    def _reference(self, image_id: str) -> str:
        names = self.names(image_id)
        return names[0].familiar if names else image_id

    def _name(self, ref: str, image: StoredImage) -> Reference | None:
        """Return the name by which an image was found; None if it was found by its ID."""
        if _PREFIX.fullmatch(ref) and image.id.startswith((ref, *(f"{algorithm}:{ref}" for algorithm in ALGORITHMS))):
            return None
        name = parse_reference(ref)
        return Reference(name.domain, name.path, None, name.digest) if name.digest else name

    def _by_prefix(self, ref: str) -> StoredImage | None:
        match = _PREFIX.fullmatch(ref)
        if match is None:
            return None
        begins = tuple(f"{name}:{match[2]}" for name in ((match[1],) if match[1] else ALGORITHMS))
        found = [image for image_id, image in self._images.items() if image_id.startswith(begins)]
        if len(found) > 1:
            raise NotFound("ambiguous reference")
        return found[0] if found else None
