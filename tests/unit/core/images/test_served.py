"""What stands behind a name, for clients that pull from this engine."""

from pathlib import Path

import msgspec
import pytest

from core.images.hosted import HostedManifest, HostedTag
from core.images.served import served_digest, served_manifest, served_tags
from core.images.store import ImageStore
from sdk.errors import NotFound
from sdk.oci.descriptor import OCI_INDEX, OCI_LAYER, OCI_MANIFEST, Descriptor
from sdk.oci.digest import digest_of
from sdk.oci.image import Index
from sdk.oci.reference import parse_reference
from sdk.testing.images import make_image, make_tar
from tests.unit.core.images.stores import layers_of, open_store, stored

pytestmark = pytest.mark.anyio

LAYERS = [make_tar({name: name.encode()}) for name in ("a", "b")]
IMAGE, OTHER = make_image(LAYERS), make_image(LAYERS[:1])
DIGEST = IMAGE.descriptor.digest
TAG, BY_DIGEST = parse_reference("host:5000/app:1"), parse_reference(f"host:5000/app@{DIGEST}")


@pytest.fixture
async def store(tmp_path: Path) -> ImageStore:
    made = open_store(tmp_path)
    await stored(made, IMAGE, LAYERS, "host:5000/app:1")
    return made


async def test_an_image_is_served_by_its_tag_and_its_own_digest(store: ImageStore) -> None:
    assert served_digest(store, TAG) == served_digest(store, BY_DIGEST) == DIGEST
    found = served_manifest(store, TAG)
    assert (found.descriptor, found.content) == (IMAGE.descriptor, IMAGE.manifest)


@pytest.mark.parametrize(
    "name", ["host:5000/app:2", "host:5000/other:1", f"host:5000/app@{digest_of(b'x')}", f"other/app@{DIGEST}"]
)
async def test_what_is_not_here_is_unknown(store: ImageStore, name: str) -> None:
    assert served_digest(store, parse_reference(name)) is None
    with pytest.raises(NotFound) as missing:
        served_manifest(store, parse_reference(name))
    assert missing.value.message == f"manifest unknown: {parse_reference(name).familiar}"


async def test_an_image_without_its_archives_is_served_with_what_there_is(store: ImageStore) -> None:
    chain, record = layers_of(LAYERS)[1], store.layers.get(layers_of(LAYERS)[1])
    assert record
    assert record.blob
    await store.content.delete(record.blob.digest)
    store.layers.put(chain, record.with_recipe(digest_of(b"recipe"), 1024))
    digest = served_digest(store, TAG)
    assert digest not in (None, DIGEST)
    found = served_manifest(store, parse_reference(f"host:5000/app@{digest}"))
    assert found.descriptor.media_type == OCI_MANIFEST
    manifest = msgspec.json.decode(found.content)
    assert [layer["digest"] for layer in manifest["layers"]] == [IMAGE.blobs[1][0].digest, digest_of(LAYERS[1])]
    assert manifest["layers"][1] == {"mediaType": OCI_LAYER, "digest": digest_of(LAYERS[1]), "size": 1024}
    assert served_digest(store, BY_DIGEST) is None, "a blob that it names cannot be had"


async def test_an_image_whose_manifest_was_lost_costs_others_of_its_repository_nothing(store: ImageStore) -> None:
    await stored(store, OTHER, LAYERS[:1], "host:5000/app:2")
    await store.content.delete(DIGEST)
    other = OTHER.descriptor.digest
    assert served_digest(store, parse_reference("host:5000/app:2")) == other
    assert served_manifest(store, parse_reference(f"host:5000/app@{other}")).content == OTHER.manifest
    assert served_digest(store, parse_reference(f"host:5000/app@{digest_of(b'x')}")) is None


async def test_an_image_that_came_by_an_index_is_served_with_it(store: ImageStore) -> None:
    index = msgspec.json.encode(Index(manifests=(IMAGE.descriptor,)))
    digest = await store.content.put(index)
    store.point(parse_reference(f"host:5000/app@{digest}"), IMAGE.id, digest)
    assert served_digest(store, TAG) == digest
    found = served_manifest(store, TAG)
    assert (found.descriptor, found.content) == (Descriptor(OCI_INDEX, digest, len(index)), index)
    await store.content.delete(digest)
    assert served_digest(store, TAG) == DIGEST, "and without it, when it is gone"


async def test_what_was_pushed_here_is_served_as_it_came_until_the_tag_moves(store: ImageStore) -> None:
    pushed = await store.content.put(b'{"mediaType":"x/y"}')
    descriptor = Descriptor("x/y", pushed, 19)
    store.hosted.put(TAG, HostedManifest(descriptor, (pushed,), IMAGE.id))
    store.hosted.put_tag(TAG, HostedTag(pushed, IMAGE.id))
    assert served_digest(store, TAG) == pushed
    assert served_manifest(store, TAG).descriptor == descriptor
    await stored(store, OTHER, LAYERS[:1], "host:5000/app:1")
    assert served_digest(store, TAG) == OTHER.descriptor.digest
    store.hosted.delete(TAG, pushed)
    store.point(TAG, IMAGE.id, "")
    assert served_digest(store, TAG) == DIGEST


async def test_tags_are_those_of_images_and_of_what_is_no_image(store: ImageStore) -> None:
    await stored(store, OTHER, LAYERS[:1], "host:5000/app:0", "host:5000/other:9", f"host:5000/app@{OTHER.descriptor.digest}")
    for tag, image in (("host:5000/app:signature", ""), ("host:5000/app:moved", IMAGE.id)):
        store.hosted.put_tag(parse_reference(tag), HostedTag(digest_of(b"x"), image))
    assert served_tags(store, TAG) == ["0", "1", "signature"]
    assert served_tags(store, parse_reference("host:5000/none")) == []
