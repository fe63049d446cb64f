"""The manifest of an image over the blobs that can be had here."""

from pathlib import Path

import msgspec
import pytest

from core.images.layers.store import LayerRecord
from core.images.manifests import complete_index, held_manifest, is_complete, own_manifest, with_layers
from core.images.store import ImageStore, StoredImage
from sdk.errors import DataLoss, NotFound
from sdk.oci.descriptor import DOCKER_LAYER_GZIP, OCI_CONFIG, OCI_LAYER, OCI_LAYER_GZIP, OCI_MANIFEST, Descriptor, Platform
from sdk.oci.digest import digest_of
from sdk.oci.image import Index
from sdk.oci.reference import parse_reference
from sdk.testing.images import make_image, make_tar
from tests.unit.core.images.stores import layers_of, open_store, stored

pytestmark = pytest.mark.anyio

LAYERS = [make_tar({name: name.encode()}) for name in ("a", "b")]
CHAINS = layers_of(LAYERS)
IMAGE, FOREIGN = make_image(LAYERS), make_image(LAYERS[:1], platform=Platform("arm64"))
UPPER = IMAGE.blobs[2][0]


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return open_store(tmp_path)


@pytest.fixture
async def image(store: ImageStore) -> StoredImage:
    return await stored(store, IMAGE, LAYERS, "app:1")


def record(store: ImageStore) -> LayerRecord:
    found = store.layers.get(CHAINS[1])
    assert found
    return found


async def test_an_image_that_is_whole_has_its_own(store: ImageStore, image: StoredImage) -> None:
    held = held_manifest(store, image)
    assert (held.descriptor, held.content) == (IMAGE.descriptor, IMAGE.manifest)
    assert held.blobs == tuple(blob.digest for blob, _ in IMAGE.blobs)
    assert is_complete(store, image)


async def test_another_archive_of_a_layer_takes_its_place(store: ImageStore, image: StoredImage) -> None:
    await store.content.delete(UPPER.digest)
    other = Descriptor(DOCKER_LAYER_GZIP, await store.content.put(b"another compression"), 19)
    store.layers.put(CHAINS[1], record(store).given_as(other))
    held = held_manifest(store, image)
    assert held.descriptor.media_type == OCI_MANIFEST
    assert held.descriptor == Descriptor(OCI_MANIFEST, digest_of(held.content), len(held.content))
    assert [layer.digest for layer in held.manifest.layers] == [IMAGE.blobs[1][0].digest, other.digest]
    assert {layer.media_type for layer in held.manifest.layers} == {OCI_LAYER_GZIP}, "in one vocabulary"
    assert held.manifest.config.media_type == OCI_CONFIG
    assert is_complete(store, image)


async def test_else_the_tar_that_a_recipe_gives(store: ImageStore, image: StoredImage) -> None:
    await store.content.delete(UPPER.digest)
    store.layers.put(CHAINS[1], record(store).with_recipe(digest_of(b"recipe"), 1024))
    assert held_manifest(store, image).manifest.layers[1] == Descriptor(OCI_LAYER, digest_of(LAYERS[1]), 1024)
    assert is_complete(store, image)


async def test_else_what_it_names_and_then_it_is_not_whole(store: ImageStore, image: StoredImage) -> None:
    await store.content.delete(UPPER.digest)
    assert held_manifest(store, image).manifest.layers[1] == UPPER
    assert not is_complete(store, image)
    await store.content.put(IMAGE.blobs[2][1])
    assert is_complete(store, image)
    store.layers.delete(CHAINS[1])
    assert held_manifest(store, image).descriptor == IMAGE.descriptor
    assert not is_complete(store, image), "its files are gone"


async def test_an_image_whose_manifest_is_lost_or_damaged_is_not_whole(store: ImageStore, image: StoredImage) -> None:
    store.content.path(IMAGE.descriptor.digest).write_bytes(b"{}")
    with pytest.raises(DataLoss):
        own_manifest(store, image)
    assert not is_complete(store, image)
    await store.content.delete(IMAGE.descriptor.digest)
    with pytest.raises(NotFound):
        own_manifest(store, image)
    assert not is_complete(store, image)


async def test_an_index_is_complete_with_every_image_it_lists(store: ImageStore, image: StoredImage) -> None:
    name = parse_reference("app:1")
    assert complete_index(store, name) is complete_index(store, parse_reference("none")) is None
    content = msgspec.json.encode(Index(manifests=(IMAGE.descriptor, FOREIGN.descriptor)))
    digest = await store.content.put(content)
    store.point(name, image.id, digest)
    assert complete_index(store, name) is None, "one of the two is not here"
    other = await stored(store, FOREIGN, LAYERS[:1], "app:1", index=digest)
    found = complete_index(store, name)
    assert found
    assert found.content == content
    assert [(entry.digest, kept.id) for entry, kept in found.entries] == [
        (IMAGE.descriptor.digest, image.id),
        (FOREIGN.descriptor.digest, other.id),
    ]
    await store.content.delete(digest)
    assert complete_index(store, name) is None


async def test_the_same_layers_are_the_same_manifest(store: ImageStore, image: StoredImage) -> None:
    own = own_manifest(store, image)
    assert with_layers(own, own.manifest.layers) is own
