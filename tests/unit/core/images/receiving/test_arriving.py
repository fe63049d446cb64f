"""A layer that is written down while another reads it."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.images.content.store import ContentStore
from core.images.receiving.arriving import ArrivingLayer, arriving
from sdk.oci.descriptor import OCI_LAYER, OCI_LAYER_GZIP
from sdk.oci.digest import digest_of
from tests.descriptors import open_descriptors

pytestmark = pytest.mark.anyio


async def pieces(*content: bytes) -> AsyncIterator[bytes]:
    for piece in content:
        yield piece


@pytest.mark.parametrize(
    ("content", "kind"), [(b"a tar", OCI_LAYER), (gzip.compress(b"a tar", mtime=0), OCI_LAYER_GZIP), (b"", OCI_LAYER)]
)
async def test_what_has_come_can_be_stored(tmp_path: Path, content: bytes, kind: str) -> None:
    store = ContentStore(tmp_path)
    with arriving(store, pieces(b"", content, b"" if not content else b"more")) as layer:
        seen = b"".join([chunk async for chunk in layer.chunks()])
        assert layer.path.read_bytes() == seen
        assert (layer.blob.digest, layer.blob.size, layer.blob.media_type) == (digest_of(seen), len(seen), kind)
        await layer.store()
    assert store.path(digest_of(seen)).read_bytes() == seen
    assert list((tmp_path / "ingest").iterdir()) == []


async def _read(layer: ArrivingLayer) -> None:
    async for chunk in layer.chunks():
        assert layer.path.read_bytes() == chunk, "each is written before it is given on"


async def test_what_is_not_stored_is_deleted(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"some"
        raise ConnectionError("gone")

    store = ContentStore(tmp_path)
    descriptors = len(open_descriptors())
    with pytest.raises(ConnectionError), arriving(store, broken()) as layer:
        await _read(layer)
    assert store.digests() == frozenset()
    assert list((tmp_path / "ingest").iterdir()) == []
    assert len(open_descriptors()) == descriptors
