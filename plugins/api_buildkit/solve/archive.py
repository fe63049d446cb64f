"""An image archive on its way out, under other names: only its tables of contents are rewritten."""

import tarfile
from collections.abc import AsyncIterator, Sequence

import msgspec

from sdk.errors import DataLoss
from sdk.oci.reference import Reference, parse_reference

BLOCK = 512
_REF_NAME = "org.opencontainers.image.ref.name"
_IMAGE_NAME = "io.containerd.image.name"
_END = b"\0" * (2 * BLOCK)
_Document = dict[str, msgspec.Raw]


async def renamed(archive: AsyncIterator[bytes], names: Sequence[str]) -> AsyncIterator[bytes]:
    """Pass on an archive of one image whose manifest.json and index.json name the image as given."""
    references = [parse_reference(name) for name in names]
    source = TarReader(archive)
    while (header := await header_of(source)) is not None:
        padded = -(-header.size // BLOCK) * BLOCK
        if header.name in ("manifest.json", "index.json"):
            content = (await source.exactly(padded))[: header.size]
            yield tar_entry(header.name, _rewritten(header.name, content, references))
            continue
        yield header.tobuf(tarfile.PAX_FORMAT)
        async for piece in source.pieces(padded):
            yield piece
    yield _END
    await source.drain()


class TarReader:
    """Reads an archive by exact sizes. Raises DataLoss when it ends too early."""

    def __init__(self, archive: AsyncIterator[bytes]) -> None:
        self._archive = archive
        self._held = b""

    async def exactly(self, size: int) -> bytes:
        """Return so many bytes."""
        return b"".join([piece async for piece in self.pieces(size)])

    async def pieces(self, size: int) -> AsyncIterator[bytes]:
        """Yield so many bytes as they come."""
        while size:
            data = self._held or await self._more()
            piece, self._held = data[:size], data[size:]
            size -= len(piece)
            yield piece

    async def skip(self, size: int) -> None:
        """Read so many bytes and drop them."""
        async for _piece in self.pieces(size):
            pass

    async def _more(self) -> bytes:
        async for data in self._archive:
            if data:
                return data
        raise DataLoss("the image archive ended too early")

    async def drain(self) -> None:
        """Read what is left, so that the archive's maker comes to its end."""
        async for _rest in self._archive:
            pass


async def header_of(source: TarReader) -> tarfile.TarInfo | None:
    """Return the next entry's header, None at the end of the archive. Raises DataLoss."""
    block = await source.exactly(BLOCK)
    return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape") if block.strip(b"\0") else None


def tar_entry(name: str, content: bytes, size: int | None = None) -> bytes:
    """Return an entry of an archive; with a `size` its header alone, for content that follows."""
    header = tarfile.TarInfo(name)
    header.size = len(content) if size is None else size
    return header.tobuf(tarfile.PAX_FORMAT) + content + b"\0" * (-len(content) % BLOCK)


def _rewritten(name: str, content: bytes, references: Sequence[Reference]) -> bytes:
    if name == "manifest.json":
        images = msgspec.json.decode(content, type=list[_Document])
        tags = msgspec.Raw(msgspec.json.encode([reference.familiar for reference in references]))
        return msgspec.json.encode([image | {"RepoTags": tags} for image in images])
    index = msgspec.json.decode(content, type=_Document)
    manifests = msgspec.json.decode(index["manifests"], type=list[_Document])
    index["manifests"] = msgspec.Raw(msgspec.json.encode(_named(manifests, references)))
    return msgspec.json.encode(index)


def _named(manifests: list[_Document], references: Sequence[Reference]) -> list[_Document]:
    if not references:
        return [{key: value for key, value in each.items() if key != "annotations"} for each in manifests]
    return [each | {"annotations": _annotations(reference)} for each in manifests for reference in references]


def _annotations(reference: Reference) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode({_IMAGE_NAME: str(reference), _REF_NAME: reference.tag or ""}))
