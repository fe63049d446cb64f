"""`docker save`: which images a reference stands for, under which names, and what is in the archive."""

import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from core.engine.images.archives.save import save
from sdk.errors import InvalidArgument, NoSuchImage, NotFound
from sdk.oci.descriptor import OCI_INDEX, OCI_LAYER, Platform
from sdk.oci.digest import blob_name, digest_of
from tests.unit.core.engine.images.contexts import Images, open_images

pytestmark = pytest.mark.anyio

ARM = Platform("arm64")


@pytest.fixture
async def images(tmp_path: Path) -> Images:
    made = open_images(tmp_path)
    await made.add("a", "app:1", "app:latest", layers=["base", "a"], created="2020-01-01T00:00:00Z")
    await made.add("b", "app:2", "host:5000/x:1", layers=["base", "b"])
    await made.add("none", layers=["base"])
    return made


async def saved(images: Images, *refs: str, platforms: tuple[Platform, ...] = ()) -> dict[str, bytes]:
    """Return the files of the archive; each is there once."""
    content = b"".join([chunk async for chunk in save(images.context, refs, platforms)])
    assert len(content) % 512 == 0
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        members = archive.getmembers()
        assert len({member.name for member in members}) == len(members)
        return {member.name: archive.extractfile(member).read() for member in members}


def entries(files: Mapping[str, bytes], images: Images) -> list[tuple[str, list[str] | None]]:
    """Return what manifest.json lists: images by their short names, with their tags."""
    names = {blob_name(image.id): name for name, image in images.made.items()}
    return [(names[entry["Config"]], entry["RepoTags"]) for entry in json.loads(files["manifest.json"])]


def layout(files: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """Return what index.json lists: digests with the names they are for."""
    listed = json.loads(files["index.json"])["manifests"]
    return [(entry["digest"], entry.get("annotations", {}).get("io.containerd.image.name", "")) for entry in listed]


@pytest.mark.parametrize(
    ("refs", "expected"),
    [
        (["app:1"], [("a", ["app:1"])]),
        (["app:1", "app:1"], [("a", ["app:1"])]),
        (["app:1", "app:latest"], [("a", ["app:1", "app:latest"])]),
        (["app:2", "app:1"], [("b", ["app:2"]), ("a", ["app:1"])]),
        (["app"], [("a", ["app:1", "app:latest"]), ("b", ["app:2"])]),
        (["host:5000/x"], [("b", ["host:5000/x:1"])]),
        ([], []),
    ],
)
async def test_what_references_stand_for(images: Images, refs: list[str], expected: list[tuple[str, list[str]]]) -> None:
    files = await saved(images, *refs)
    assert sorted(entries(files, images)) == sorted(expected)
    assert files["oci-layout"] == b'{"imageLayoutVersion":"1.0.0"}'
    assert len(images.events) == len(expected)


@pytest.mark.parametrize("form", [lambda image_id: image_id, lambda image_id: image_id[7:], lambda image_id: image_id[7:19]])
async def test_an_id_stands_for_an_image_without_names(images: Images, form) -> None:
    files = await saved(images, form(images.id("a")))
    assert entries(files, images) == [("a", None)]
    assert layout(files) == [(images.made["a"].descriptor.digest, "")]


async def test_also_one_of_the_longer_digest(images: Images) -> None:
    await images.add("long", "long:1", algorithm="sha512")
    assert images.id("long").startswith("sha512:")
    assert entries(await saved(images, images.id("long")[7:19]), images) == [("long", None)]


async def test_every_blob_is_what_its_name_says_and_comes_once(images: Images) -> None:
    files = await saved(images, "app:1", "app:2", images.id("none"))
    blobs = {name: content for name, content in files.items() if name.startswith("blobs/")}
    assert {blob_name(digest_of(content)) for content in blobs.values()} == set(blobs)
    assert len(blobs) == 3 + 3 + 3, "manifests, configurations and layers, of which two have one in common with others"
    for image in images.made.values():
        assert blobs[blob_name(image.descriptor.digest)] == image.manifest
    assert {digest for digest, _ in layout(files)} == {image.descriptor.digest for image in images.made.values()}
    layers = {layer for entry in json.loads(files["manifest.json"]) for layer in entry["Layers"]}
    assert layers <= set(blobs)


async def test_names_are_in_the_layout_too(images: Images) -> None:
    files = await saved(images, "app:1", "app:latest")
    digest = images.made["a"].descriptor.digest
    assert sorted(layout(files)) == [(digest, "docker.io/library/app:1"), (digest, "docker.io/library/app:latest")]


@pytest.mark.parametrize("refs", [["missing"], ["app:1", "missing:1"], ["app:3"], ["0" * 64]])
async def test_what_is_not_there_is_told_before_anything_is_sent(images: Images, refs: list[str]) -> None:
    with pytest.raises(NoSuchImage):
        await anext(save(images.context, refs))
    with pytest.raises(InvalidArgument):
        await anext(save(images.context, ["App"]))
    assert images.events == []


async def test_all_platforms_of_a_name_come_the_one_it_points_at_last(images: Images) -> None:
    index = await images.context.store.content.put(b'{"manifests":[]}')
    await images.add("arm", "multi:1", layers=["base", "arm"], platform=ARM, index=index)
    await images.add("here", "multi:1", layers=["base", "here"], index=index)
    files = await saved(images, "multi:1")
    assert entries(files, images) == [("arm", ["multi:1"]), ("here", ["multi:1"])], "engines that know one platform take the last"
    ((digest, name),) = layout(files)
    assert name == "docker.io/library/multi:1"
    listed = json.loads(files[blob_name(digest)])
    assert listed["mediaType"] == OCI_INDEX
    assert [entry["digest"] for entry in listed["manifests"]] == [images.made[each].descriptor.digest for each in ("here", "arm")]
    assert [entry["platform"]["architecture"] for entry in listed["manifests"]][1] == "arm64"


async def test_or_those_that_are_asked_for(images: Images) -> None:
    index = await images.context.store.content.put(b'{"manifests":[]}')
    await images.add("arm", "multi:1", platform=ARM, index=index)
    await images.add("here", "multi:1", index=index)
    assert entries(await saved(images, "multi:1", platforms=(ARM,)), images) == [("arm", ["multi:1"])]
    with pytest.raises(NotFound):
        await saved(images, "multi:1", platforms=(ARM, Platform("s390x")))


async def test_a_layer_without_its_archive_is_saved_as_the_one_that_is_here(images: Images) -> None:
    store = images.context.store
    image = store.get(images.id("a"))
    record = store.layers.get(image.chains[1])
    assert record
    assert record.blob
    await store.content.delete(record.blob.digest)
    tar = await store.content.put(b"the plain tar")
    store.layers.put(image.chains[1], record.given_as(type(record.blob)(OCI_LAYER, tar, 13)))
    files = await saved(images, "app:1")
    ((_, layers),) = [(entry["Config"], entry["Layers"]) for entry in json.loads(files["manifest.json"])]
    assert files[layers[1]] == b"the plain tar"
    ((digest, _),) = layout(files)
    assert json.loads(files[blob_name(digest)])["layers"][1]["digest"] == tar


async def test_an_image_that_is_removed_while_it_is_saved_comes_whole(images: Images) -> None:
    chunks = save(images.context, ["app:1"])
    content = await anext(chunks)
    images.context.store.forget(images.id("a"))
    held = images.context.store.content.pins.held
    assert {blob.digest for blob, _ in images.made["a"].blobs} <= held
    content += b"".join([chunk async for chunk in chunks])
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert blob_name(images.id("a")) in archive.getnames()
    assert images.context.store.content.pins.held == frozenset()
