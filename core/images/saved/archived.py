"""What a worker process tells of an image archive it has taken apart: one JSON object a line."""

from msgspec import Struct


class Member(Struct, frozen=True):
    """A file of the archive. `file` is what it is called in the directory it was written to; names in the archive mean nothing there."""

    file: str
    digest: str
    size: int
    media_type: str


class ArchivedImage(Struct, frozen=True, tag=True):
    """An image of the archive. `manifest` is its own, if there is one, and `index` the one that lists it with those of other platforms;
    `attached` is what the index has about it: attestations' manifests and blobs."""

    config: Member
    layers: tuple[Member, ...]
    names: tuple[str, ...]
    manifest: Member | None = None
    index: Member | None = None
    attached: tuple[Member, ...] = ()


class Failure(Struct, frozen=True, tag=True):
    """Why the archive cannot be read; `kind` is one of `core.archives.confinement`."""

    kind: str
    message: str
