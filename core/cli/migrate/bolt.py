"""Reading bbolt's database files: a tree of pages, mapped as they are in the file, in the byte order of the machine."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_MAGIC = 0xED0CDAED
_PAGE = struct.Struct("=QHHI")
_META = struct.Struct("=IIIIQQQQQQ")
_BRANCH_ELEMENT = struct.Struct("=IIQ")
_LEAF_ELEMENT = struct.Struct("=IIII")
_BUCKET = struct.Struct("=QQ")
_BRANCH, _LEAF = 0x01, 0x02
_IS_BUCKET = 0x01
_DEPTH = 64


class DamagedDatabase(Exception):
    """A file that is no database of bbolt's, or not a whole one."""


@dataclass(frozen=True, slots=True)
class Bolt:
    """One database, read as a whole; those of an engine's metadata are small."""

    content: bytes
    page_size: int
    root: int

    @classmethod
    def read(cls, path: Path) -> "Bolt":
        """Read a file. Raises DamagedDatabase, OSError."""
        content = path.read_bytes()
        metas = [meta for offset in (0, 4096) if (meta := _meta(content, offset)) is not None]
        if not metas:
            raise DamagedDatabase(f"{path} is not a database of bbolt's")
        page_size, root, _ = max(metas, key=lambda meta: meta[2])
        return cls(content, page_size, root)

    def bucket(self, name: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield the pairs of a bucket at the top; nothing if there is none. Raises DamagedDatabase."""
        try:
            for key, value, is_bucket in self._pairs(self._page(self.root), _DEPTH):
                if is_bucket and key == name:
                    yield from ((k, v) for k, v, inner in self._inside(value) if not inner)
        except (struct.error, IndexError) as error:
            raise DamagedDatabase(f"the database is damaged: {error}") from error

    def _inside(self, value: bytes) -> Iterator[tuple[bytes, bytes, bool]]:
        root, _ = _BUCKET.unpack_from(value)
        page = self._page(root) if root else value[_BUCKET.size :]  # a small bucket lies within the value
        yield from self._pairs(page, _DEPTH)

    def _page(self, number: int) -> bytes:
        start = number * self.page_size
        _, _, _, overflow = _PAGE.unpack_from(self.content, start)
        return self.content[start : start + (overflow + 1) * self.page_size]

    def _pairs(self, page: bytes, depth: int) -> Iterator[tuple[bytes, bytes, bool]]:
        if not depth:
            raise DamagedDatabase("the database is damaged: its tree has no end")
        _, flags, count, _ = _PAGE.unpack_from(page)
        for index in range(count):
            if flags & _BRANCH:
                _, _, child = _BRANCH_ELEMENT.unpack_from(page, _PAGE.size + index * _BRANCH_ELEMENT.size)
                yield from self._pairs(self._page(child), depth - 1)
            elif flags & _LEAF:
                element = _PAGE.size + index * _LEAF_ELEMENT.size
                kind, position, key_size, value_size = _LEAF_ELEMENT.unpack_from(page, element)
                key = element + position
                value = key + key_size
                yield page[key:value], page[value : value + value_size], bool(kind & _IS_BUCKET)


def _meta(content: bytes, offset: int) -> tuple[int, int, int] | None:
    """Return page size, root page and transaction of one of the two pages that begin a file, None if it is not one."""
    try:
        magic, _, page_size, _, root, _, _, _, transaction, _ = _META.unpack_from(content, offset + _PAGE.size)
    except struct.error:
        return None
    return (page_size, root, transaction) if magic == _MAGIC and page_size else None
