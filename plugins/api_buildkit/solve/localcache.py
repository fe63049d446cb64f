"""Caches in a directory of the client (`type=local`): an OCI layout whose index lists images that tell the steps they were made by."""

from collections.abc import AsyncIterator, Sequence
from typing import TypeVar

import msgspec

from plugins.api_buildkit.content_store import ContentStore
from plugins.api_buildkit.solve.archive import BLOCK, TarReader, header_of, tar_entry
from sdk.errors import DataLoss
from sdk.oci.descriptor import OCI_INDEX, Descriptor
from sdk.oci.digest import digest_of, is_digest
from sdk.oci.image import Index, Manifest

D = TypeVar("D", Index, Manifest)

_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
_LONGEST = 16 << 20
"""Bytes of an index, a manifest or a configuration."""


async def leave(store: ContentStore, archive: AsyncIterator[bytes]) -> bytes:
    """Write the images of an archive (`docker save`) to a client's store; return the descriptor of their index, as JSON."""
    source, manifests = TarReader(archive), list[Descriptor]()
    while (header := await header_of(source)) is not None:
        if header.name.startswith("blobs/"):
            await _blob(store, source, header.name, header.size)
        elif header.name == "index.json":
            content = b"".join([piece async for piece in source.pieces(header.size)])
            manifests += msgspec.json.decode(content, type=Index).manifests
        else:
            await source.skip(header.size)
        await source.skip(-header.size % BLOCK)
    await source.drain()
    plain = {each.digest: Descriptor(each.media_type, each.digest, each.size) for each in manifests}
    index = msgspec.json.encode(Index(tuple(plain.values())))
    descriptor = Descriptor(OCI_INDEX, digest_of(index), len(index))
    if await store.size(descriptor.digest) is None:
        await store.write(descriptor.digest, len(index), _once(index))
    return msgspec.json.encode(descriptor)


async def _blob(store: ContentStore, source: TarReader, name: str, size: int) -> None:
    digest = ":".join(name.split("/")[1:])
    if await store.size(digest) is None:
        await store.write(digest, size, source.pieces(size))
    else:
        await source.skip(size)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def manifests_of(store: ContentStore, digest: str) -> list[Manifest]:
    """Return the manifests of the images that an index in a client's store lists. Raises DataLoss."""
    index = _decoded(await _document(store, digest), Index)
    return [_decoded(await _document(store, each.digest), Manifest) for each in index.manifests]


async def archive_of(store: ContentStore, digest: str) -> AsyncIterator[bytes]:
    """Yield an archive for `docker load` of the images that an index in a client's store lists. Raises DataLoss."""
    document = await _document(store, digest)
    index = _decoded(document, Index)
    yield tar_entry("oci-layout", _LAYOUT)
    yield tar_entry("index.json", document)
    seen = set[str]()
    for each in index.manifests:
        content = await _document(store, each.digest)
        manifest = _decoded(content, Manifest)
        yield tar_entry(_place(each.digest), content)
        for blob in _new((manifest.config, *manifest.layers), seen):
            async for piece in _stored(store, blob.digest):
                yield piece
    yield bytes(2 * BLOCK)


def _new(blobs: Sequence[Descriptor], seen: set[str]) -> list[Descriptor]:
    fresh = {blob.digest: blob for blob in blobs if blob.digest not in seen}
    seen.update(fresh)
    return list(fresh.values())


async def _stored(store: ContentStore, digest: str) -> AsyncIterator[bytes]:
    size = await _size(store, digest)
    yield tar_entry(_place(digest), b"", size)
    async for piece in store.read(digest):
        yield piece
    yield bytes(-size % BLOCK)


async def _document(store: ContentStore, digest: str) -> bytes:
    if await _size(store, digest) > _LONGEST:
        raise DataLoss(f"cache: {digest} is too long")
    content = b"".join([piece async for piece in store.read(digest)])
    if digest_of(content, digest) != digest:
        raise DataLoss(f"cache: {digest} is damaged")
    return content


async def _size(store: ContentStore, digest: str) -> int:
    size = await store.size(digest) if is_digest(digest) else None
    if size is None:
        raise DataLoss(f"cache: {digest} is not there")
    return size


def _place(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _decoded(content: bytes, kind: type[D]) -> D:
    try:
        return msgspec.json.decode(content, type=kind)
    except (UnicodeError, RecursionError):
        raise DataLoss("cache: malformed document: not UTF-8, or nested too deeply") from None
    except msgspec.MsgspecError as error:
        raise DataLoss(f"cache: {error}") from error
