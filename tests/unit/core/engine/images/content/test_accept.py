"""Manifests that clients push: what is read of them, what is kept, and what becomes an image."""

from pathlib import Path

import msgspec
import pytest

from core.engine.images.content.accept import Document, host, read_document
from sdk.errors import InvalidArgument, NotFound
from sdk.oci.descriptor import DOCKER_MANIFEST, OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST, Descriptor, Platform
from sdk.oci.digest import digest_of
from sdk.oci.image import Index, Manifest
from sdk.oci.reference import parse_reference
from sdk.testing.images import make_image, make_tar
from tests.unit.core.engine.images.contexts import Images, open_images

pytestmark = pytest.mark.anyio

IMAGE = make_image([make_tar({"a": b"a"})])
NAME = parse_reference("host:5000/app:1")
CONFIG = Descriptor(OCI_CONFIG, digest_of(b"{}"), 2)


@pytest.fixture
def images(tmp_path: Path) -> Images:
    return open_images(tmp_path)


def encoded(**fields: object) -> bytes:
    return msgspec.json.encode({"schemaVersion": 2, "config": CONFIG, "layers": [], **fields})


@pytest.mark.parametrize(
    ("content", "media_type", "kind"),
    [
        (encoded(mediaType=OCI_MANIFEST), OCI_MANIFEST, OCI_MANIFEST),
        (encoded(mediaType=DOCKER_MANIFEST), "", DOCKER_MANIFEST),
        (encoded(), "", OCI_MANIFEST),
        (encoded(), DOCKER_MANIFEST, DOCKER_MANIFEST),
        (b'{"manifests": []}', "", OCI_INDEX),
        (b'{"manifests": []}', OCI_INDEX, OCI_INDEX),
    ],
)
def test_of_which_kind_it_is(content: bytes, media_type: str, kind: str) -> None:
    document = read_document(content, media_type)
    assert document.descriptor.media_type == kind
    assert document.descriptor.digest == digest_of(content)
    assert (document.manifest is None) is (kind == OCI_INDEX)


@pytest.mark.parametrize(
    ("content", "media_type", "message"),
    [
        (encoded(mediaType=OCI_MANIFEST), OCI_INDEX, f"the manifest is of type {OCI_MANIFEST}, not {OCI_INDEX}"),
        (encoded(mediaType="x/y"), "", "unsupported manifest media type x/y"),
        (b"no json", "", "manifest invalid: "),
        (b"[]", "", "manifest invalid: "),
        (b'{"mediaType": "\xff"}', "", "UTF-8"),
        (b'{"manifests": ' + b"[" * 100_000, "", "manifest invalid: "),
        (b'{"layers": []}', "", "manifest invalid: "),
        (encoded(layers=[{"mediaType": OCI_LAYER, "digest": "sha256:../../etc/passwd", "size": 1}]), "", "invalid checksum digest format"),
        (encoded(layers=[{"mediaType": OCI_LAYER, "digest": digest_of(b""), "size": -1}]), "", "a size that no blob can have"),
        (b'{"manifests": [{"mediaType": "x", "digest": "md5:0", "size": 1}]}', "", "invalid checksum digest format"),
    ],
    ids=range(10),
)  # fmt: skip
def test_what_is_none(content: bytes, media_type: str, message: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        read_document(content, media_type)
    assert message in refused.value.message


def test_what_it_holds_on_to() -> None:
    layers = [Descriptor(kind, digest_of(kind.encode()), 1) for kind in (OCI_LAYER, "x/foreign.tar", "x/nondistributable.tar")]
    document = read_document(encoded(layers=layers, subject=CONFIG, annotations={"a": "b"}), "")
    assert document.blobs == (document.descriptor.digest, CONFIG.digest, layers[0].digest)
    assert (document.children, document.subject) == ((), CONFIG.digest)
    assert (document.descriptor.annotations, document.descriptor.artifact_type) == ({"a": "b"}, OCI_CONFIG)
    index = read_document(msgspec.json.encode(Index(manifests=(IMAGE.descriptor,))), "")
    assert (index.blobs, index.children, index.subject) == ((index.descriptor.digest,), (IMAGE.descriptor.digest,), "")


async def pushed(images: Images, content: bytes, *blobs: bytes, name: str = "host:5000/app:1") -> Document:
    for blob in blobs:
        await images.context.store.content.put(blob)
    document = read_document(content, "")
    await host(images.context, parse_reference(name), document)
    return document


async def test_a_blob_that_is_not_here_is_told(images: Images) -> None:
    with pytest.raises(NotFound) as missing:
        await pushed(images, encoded())
    assert missing.value.message == f"host:5000/app: blob unknown: {CONFIG.digest}"
    assert images.context.store.hosted.tag(NAME) is None


def config(**fields: object) -> bytes:
    platform = Platform("amd64")
    return msgspec.json.encode({"architecture": platform.architecture, "os": "linux", **fields})


@pytest.mark.parametrize(
    ("configuration", "layers"),
    [
        (b"no json", 1),
        (b"[]", 1),
        (config(rootfs={"type": "layers", "diff_ids": []}), 1),
        (config(rootfs={"type": "layers", "diff_ids": [digest_of(b"x")]}), 0),
        (config(rootfs={"type": "layers", "diff_ids": ["nonsense"]}), 1),
        (config(rootfs={"type": "layers", "diff_ids": ["sha256:../../x"]}), 1),
        (msgspec.json.encode({"architecture": "s390x", "os": "linux", "rootfs": {"diff_ids": [digest_of(b"x")]}}), 1),
        (msgspec.json.encode({"architecture": "amd64", "os": "windows", "rootfs": {"diff_ids": [digest_of(b"x")]}}), 1),
    ],
    ids=("no json", "list", "fewer", "more", "no digest", "a path", "other machine", "other system"),
)
async def test_what_is_no_image_for_this_machine_is_kept_all_the_same(images: Images, configuration: bytes, layers: int) -> None:
    """A registry does not look inside: artifacts, charts and signatures are pushed too."""
    described = [Descriptor(OCI_LAYER, digest_of(b"x"), 1)] * layers
    manifest = Manifest(config=Descriptor(OCI_CONFIG, digest_of(configuration), len(configuration)), layers=tuple(described))
    document = await pushed(images, msgspec.json.encode(manifest), configuration, b"x")
    tag = images.context.store.hosted.tag(NAME)
    assert tag
    assert (tag.digest, tag.image) == (document.descriptor.digest, "")
    assert list(images.context.store) == []
    assert images.context.store.hosted.blobs == set(document.blobs)


async def test_an_image_that_is_here_gets_the_name(images: Images) -> None:
    image = await images.add("a", "old:1")
    document = await pushed(images, images.made["a"].manifest)
    assert images.context.store.find("host:5000/app:1").id == image.id
    assert images.context.store.find(f"host:5000/app@{document.descriptor.digest}").id == image.id
    assert images.actions() == ["load"]


async def test_a_tag_that_stood_for_an_image_leaves_it_when_something_else_is_pushed(images: Images) -> None:
    await images.add("a", "host:5000/app:1")
    await pushed(images, encoded(), b"{}")
    assert images.context.store.named(NAME) is None
    assert images.left() == {"a"}


async def test_an_index_stands_for_the_image_of_this_machine_that_was_pushed_before(images: Images) -> None:
    image = await images.add("a", "old:1")
    made = images.made["a"]
    await pushed(images, made.manifest, name="host:5000/app:part")
    entry = msgspec.structs.replace(made.descriptor, platform=image.config.platform)
    await pushed(images, msgspec.json.encode(Index(manifests=(entry,))))
    tag = images.context.store.hosted.tag(NAME)
    assert tag
    assert tag.image == image.id
    with pytest.raises(NotFound, match="blob unknown"):
        await pushed(images, msgspec.json.encode(Index(manifests=(CONFIG,))))
