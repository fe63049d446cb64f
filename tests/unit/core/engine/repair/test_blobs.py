"""Blobs that are not what their digests say, and none of those that are."""

from pathlib import Path

import pytest

from core.engine.repair import blobs as blobs_module
from core.engine.repair.blobs import damaged_blobs
from core.images.hosted import HostedManifest
from sdk.oci.reference import parse_reference
from tests.unit.core.engine.images.contexts import Images, open_images

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["sha256", "sha512"])
async def images(tmp_path: Path, request: pytest.FixtureRequest) -> Images:
    made = open_images(tmp_path)
    await made.add("a", "app:1", layers=["base", "top"], algorithm=request.param)
    return made


def layer(images: Images) -> tuple[str, Path]:
    digest = images.made["a"].blobs[1][0].digest
    return digest, images.context.store.content.path(digest)


@pytest.mark.parametrize("deep", [False, True])
async def test_what_is_whole_is_not_damaged_whatever_its_digests_are(images: Images, deep: bool) -> None:
    """A repair deletes what is: every blob of the longer digest was taken for damaged."""
    assert await damaged_blobs(images.context, deep=deep) == {}


async def test_a_blob_of_another_size_is(images: Images) -> None:
    digest, path = layer(images)
    size = path.stat().st_size
    path.write_bytes(path.read_bytes() + b"x")
    assert await damaged_blobs(images.context, deep=False) == {digest: f"has {size + 1} bytes of {size}"}


async def test_a_small_one_is_read_and_a_large_one_only_where_that_is_asked(
    images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest, path = layer(images)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert await damaged_blobs(images.context, deep=False) == {digest: "is not what its digest says"}
    monkeypatch.setattr(blobs_module, "_SMALL", 0)
    assert await damaged_blobs(images.context, deep=False) == {}
    assert await damaged_blobs(images.context, deep=True) == {digest: "is not what its digest says"}


async def test_one_that_cannot_be_read_says_why(images: Images) -> None:
    digest, path = layer(images)
    path.unlink()
    path.mkdir()
    assert await damaged_blobs(images.context, deep=False) == {digest: "cannot be read: is a directory"}


async def test_sizes_are_known_from_what_was_pushed_too(images: Images) -> None:
    made, store = images.made["a"], images.context.store
    store.hosted.put(parse_reference("app"), HostedManifest(made.descriptor, (made.descriptor.digest,)))
    store.forget(made.id)
    for chain in list(store.layers):
        store.layers.delete(chain)
    digest, path = layer(images)
    path.write_bytes(b"short")
    assert list(await damaged_blobs(images.context, deep=False)) == [digest]


async def test_a_damaged_manifest_says_nothing_of_sizes(images: Images) -> None:
    digest = images.made["a"].descriptor.digest
    images.context.store.content.path(digest).write_bytes(b"{}")
    assert list(await damaged_blobs(images.context, deep=False)) == [digest]
