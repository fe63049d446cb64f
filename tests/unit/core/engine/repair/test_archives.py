"""Archives of layers that can be had no more."""

from pathlib import Path

import pytest

from core.engine.repair.archives import archive_of, bare_layers, described, known_archives, mend_archives, owners
from core.engine.repair.sources import Sources
from sdk.oci.descriptor import OCI_LAYER, Descriptor
from sdk.oci.digest import digest_of
from tests.unit.core.engine.images.contexts import Images, open_images

pytestmark = pytest.mark.anyio


class Elsewhere(Sources):
    """Blobs that a registry has, by digest."""

    def __init__(self, images: Images, *contents: bytes) -> None:
        super().__init__(images.context)
        self.images, self.contents = images, {digest_of(content): content for content in contents}
        self.asked: list[str] = []

    async def blob(self, image_id: str, blob: Descriptor) -> bool:
        self.asked.append(blob.digest)
        if blob.digest in self.contents:
            await self.images.context.store.content.put(self.contents[blob.digest])
        return blob.digest in self.contents


@pytest.fixture
async def images(tmp_path: Path) -> Images:
    made = open_images(tmp_path)
    await made.add("a", "app:1", layers=["base", "top"])
    await made.add("b", "other:1", layers=["base"])
    return made


def blob(images: Images, number: int) -> Descriptor:
    return images.made["a"].blobs[1 + number][0]


def chains(images: Images) -> tuple[str, ...]:
    return images.context.store.get(images.id("a")).chains


async def test_where_all_are_here_none_is_bare(images: Images) -> None:
    assert list(bare_layers(images.context, ())) == []
    found = list(bare_layers(images.context, {blob(images, 0).digest}))
    assert [(image.id, chain) for image, chain in found] == [
        (images.id("a"), chains(images)[0]),
        (images.id("b"), chains(images)[0]),
    ]


async def test_a_recipe_or_another_archive_is_as_good(images: Images) -> None:
    store, (base, top) = images.context.store, chains(images)
    for number in (0, 1):
        await store.content.delete(blob(images, number).digest)
    recipe = await store.content.put(b"recipe")
    record = store.layers.get(base)
    assert record
    store.layers.put(base, record.with_recipe(recipe, 1))
    assert [chain for _, chain in bare_layers(images.context, ())] == [top]
    assert len(list(bare_layers(images.context, {recipe}))) == 3
    other = Descriptor(OCI_LAYER, await store.content.put(b"another"), 7)
    record = store.layers.get(top)
    assert record
    store.layers.put(top, record.given_as(other))
    assert list(bare_layers(images.context, ())) == []
    assert await archive_of(images.context, Elsewhere(images), top) == other


async def test_a_bare_layer_is_described_with_what_helps(images: Images) -> None:
    found = described(images.context, images.context.store.get(images.id("a")), "sha256:1")
    assert (found.kind, found.name, found.problem) == ("archive", "app:1", "the archive of layer sha256:1 is missing")
    assert "load app:1 again" in found.remedy


async def test_what_is_missing_is_fetched_and_recipes_that_are_gone_are_forgotten(images: Images) -> None:
    store, (base, top) = images.context.store, chains(images)
    record = store.layers.get(base)
    assert record
    store.layers.put(base, record.with_recipe(digest_of(b"gone"), 9))
    for number in (0, 1):
        await store.content.delete(blob(images, number).digest)
    sources = Elsewhere(images, images.made["a"].blobs[1][1])
    await mend_archives(images.context, sources)
    mended = store.layers.get(base)
    assert mended
    assert (mended.recipe, mended.tar_size) == ("", 0)
    assert [chain for _, chain in bare_layers(images.context, ())] == [top]
    assert await archive_of(images.context, Elsewhere(images), top) is None


async def test_an_image_without_its_manifest_has_what_its_records_say(images: Images) -> None:
    store, base = images.context.store, chains(images)[0]
    assert {image_id for image_id, _ in known_archives(images.context, base)} == {images.id("a"), images.id("b")}
    await store.content.delete(images.made["a"].descriptor.digest)
    store.layers.delete(base)
    assert [image_id for image_id, _ in known_archives(images.context, base)] == [images.id("b")]
    assert [image.id for image in owners(images.context, base)] == [images.id("a"), images.id("b")]
    assert owners(images.context, "sha256:unknown") == []
