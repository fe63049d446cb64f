"""The files of an image archive, each in a file of its own: written and hashed while the archive arrives."""

import os
import re

from core.archives.headers import HARDLINK, REGULAR, SYMLINK, Entry, entries
from core.archives.tarstream import TarError, TarStream
from core.archives.untar import confined, write_all
from core.images.layers.layertypes import layer_type
from core.images.saved.archived import Member
from sdk.oci.digest import digest_from, hasher

_MOST = 1 << 17
"""Files and links in an archive; each image of 127 layers has less than 600."""

_LONGEST_NAME = 4096
_BLOB = re.compile(rb"blobs/(sha256|sha512)/[0-9a-f]+")
_LINKS = 8
_HEAD = 8


class Members:
    """The files, by the names they have in the archive, and the links among them. They are put into the current directory, under numbers.

    So no name and no link of the archive ever meets the file system.
    """

    def __init__(self) -> None:
        self._files: dict[bytes, Member] = {}
        self._links: dict[bytes, bytes] = {}

    def receive(self, stream: TarStream) -> None:
        """Take in a whole archive. What a name stands for is what came last. Raises TarError, OSError."""
        for number, entry in enumerate(entries(stream)):
            name = confined(entry.name)
            if len(name) > _LONGEST_NAME:
                raise TarError("file name too long")
            if entry.kind == REGULAR:
                self._forget(name)
                self._files[name] = _written(stream, entry, str(number))
            else:
                stream.skip(entry.size)
                stream.pad(entry.size)
            if entry.kind in (SYMLINK, HARDLINK):
                self._forget(name)
                self._links[name] = _target(name, entry)
            if len(self._files) + len(self._links) > _MOST:
                raise TarError(f"more than {_MOST} files")
        stream.drain()

    def find(self, name: bytes) -> Member | None:
        """Return a file by its name, or by a link to it."""
        for _ in range(_LINKS):
            if name not in self._links:
                break
            name = self._links[name]
        return self._files.get(name)

    def _forget(self, name: bytes) -> None:
        self._links.pop(name, None)
        if before := self._files.pop(name, None):
            os.unlink(before.file)


def _written(stream: TarStream, entry: Entry, file: str) -> Member:
    if entry.sparse is not None:
        raise TarError(f"{os.fsdecode(entry.name)} is a sparse file")
    named = _BLOB.fullmatch(confined(entry.name))
    digest, head = hasher(named[1].decode() if named else "sha256"), b""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        for piece in stream.pieces(entry.size):
            head = head or bytes(piece[:_HEAD])
            digest.update(piece)
            write_all(descriptor, piece)
    finally:
        os.close(descriptor)
    stream.pad(entry.size)
    return Member(file, digest_from(digest), entry.size, layer_type(head))


def _target(name: bytes, entry: Entry) -> bytes:
    """Return what a link is to: a symlink's text counts from where it is, a hard link's from the archive's root."""
    is_relative = entry.kind == SYMLINK and not entry.linkname.startswith(b"/")
    return confined((name.rpartition(b"/")[0] if is_relative else b"") + b"/" + entry.linkname)
