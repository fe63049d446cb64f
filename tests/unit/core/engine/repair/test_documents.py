"""Manifests, configurations and indexes that images lack."""

from pathlib import Path

import msgspec
import pytest

from core.engine.repair.documents import described, mend_documents, missing_documents
from core.engine.repair.sources import Sources
from core.images.manifests import is_complete
from sdk.oci.descriptor import Descriptor
from sdk.oci.digest import digest_of
from tests.unit.core.engine.images.contexts import Images, open_images

pytestmark = pytest.mark.anyio

DIGEST = digest_of(b"index")


class Elsewhere(Sources):
    """Content that a registry has, by digest."""

    def __init__(self, images: Images, *contents: bytes) -> None:
        super().__init__(images.context)
        self.images, self.contents = images, {digest_of(content): content for content in contents}

    async def document(self, image_id: str, digest: str) -> bool:
        if digest in self.contents:
            await self.images.context.store.content.put(self.contents[digest])
        return digest in self.contents

    async def blob(self, image_id: str, blob: Descriptor) -> bool:
        assert blob.size == len(self.contents.get(blob.digest, bytes(blob.size)))
        return await self.document(image_id, blob.digest)


@pytest.fixture
async def images(tmp_path: Path) -> Images:
    made = open_images(tmp_path)
    await made.add("a", "app:1", layers=["base", "top"])
    return made


def lacking(images: Images, *bad: str) -> list[str]:
    return [missing.what for missing in missing_documents(images.context, bad)]


async def test_what_is_lacking_or_damaged(images: Images) -> None:
    assert lacking(images) == []
    assert lacking(images, images.id("a")) == ["configuration"]
    await images.context.store.content.delete(images.made["a"].descriptor.digest)
    assert lacking(images) == ["manifest"]
    assert lacking(images, images.id("a")) == ["manifest", "configuration"]


async def test_content_that_is_no_layer_is_an_index(images: Images) -> None:
    store, image = images.context.store, images.context.store.get(images.id("a"))
    store.add(image.id, msgspec.structs.replace(image.record, blobs=(*image.record.blobs, DIGEST)))
    (missing,) = missing_documents(images.context, ())
    assert (missing.what, missing.digest) == ("index", DIGEST)
    found = described(images.context, missing)
    assert (found.kind, found.name, found.problem) == ("document", "app:1", f"its index {DIGEST} is missing")
    await mend_documents(images.context, Elsewhere(images))
    assert DIGEST not in store.get(image.id).record.blobs, "it does without"
    assert lacking(images) == []


async def test_a_manifest_is_fetched_or_written_anew(images: Images) -> None:
    store, made = images.context.store, images.made["a"]
    await store.content.delete(made.descriptor.digest)
    await mend_documents(images.context, Elsewhere(images, made.manifest))
    assert store.get(made.id).record.manifest == made.descriptor
    await store.content.delete(made.descriptor.digest)
    await mend_documents(images.context, Elsewhere(images))
    image = store.get(made.id)
    assert lacking(images) == []
    assert image.record.manifest.digest in image.record.blobs
    assert is_complete(store, image)
    manifest = msgspec.json.decode(store.content.read(image.record.manifest.digest))
    assert [layer["digest"] for layer in manifest["layers"]] == [blob.digest for blob, _ in made.blobs[1:]]


async def test_where_a_pull_brings_the_very_one_none_is_written(images: Images) -> None:
    await images.add("pulled", "pulled:1", f"pulled@{DIGEST}")
    made = images.made["pulled"]
    await images.context.store.content.delete(made.descriptor.digest)
    await mend_documents(images.context, Elsewhere(images))
    assert images.context.store.get(made.id).record.manifest == made.descriptor
    assert lacking(images) == ["manifest"]


async def test_a_configuration_is_fetched(images: Images) -> None:
    made = images.made["a"]
    await images.context.store.content.delete(made.id)
    await mend_documents(images.context, Elsewhere(images, made.blobs[0][1]))
    assert lacking(images) == []
    assert images.left() == {"a"}


@pytest.mark.parametrize(("names", "left"), [((), set()), ((f"app@{DIGEST}",), {"a"})])
async def test_without_its_configuration_an_image_is_forgotten_unless_a_pull_brings_it(
    images: Images, names: tuple[str, ...], left: set[str]
) -> None:
    image = await images.add("a", "app:1", *names, layers=["base", "top"])
    await images.context.store.content.delete(image.id)
    await mend_documents(images.context, Elsewhere(images))
    assert images.left() == left
