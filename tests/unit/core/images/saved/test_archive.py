"""Archives of `docker save` and of others: which images they bring, and what is wrong with the rest."""

import io
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from core.archives.tarstream import TarStream
from core.images.saved.archive import Archive
from core.images.saved.archived import ArchivedImage, Member
from core.images.saved.members import Members
from sdk.errors import DataLoss, EngineError, InvalidArgument, NotFound
from sdk.oci.descriptor import OCI_INDEX, Descriptor, Platform, host
from sdk.oci.digest import blob_name, digest_of
from sdk.oci.image import Index
from sdk.testing.images import MadeImage, make_image, make_tar

LAYERS = [make_tar({name: name.encode()}) for name in ("a", "b")]
ARM = Platform("arm64", variant="v8")
IMAGE, FOREIGN = make_image(LAYERS), make_image(LAYERS[:1], platform=ARM)
UNKNOWN = digest_of(b"nowhere")
ATTACHED = "vnd.docker.reference.type"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def archive(files: Mapping[str, bytes]) -> Archive:
    os.chdir(tempfile.mkdtemp(dir="."))  # an archive has a directory of its own
    members = Members()
    members.receive(TarStream(io.BytesIO(make_tar(files))))
    return Archive(members)


def blobs(*images: MadeImage) -> dict[str, bytes]:
    contents = [content for image in images for content in (image.manifest, *(content for _, content in image.blobs))]
    return {blob_name(digest_of(content)): content for content in contents}


def docker(*entries: object) -> dict[str, bytes]:
    return {"manifest.json": json.dumps(entries).encode()}


ENTRY = {
    "Config": blob_name(IMAGE.id),
    "RepoTags": ["app:1", "host:5000/x/y"],
    "Layers": [blob_name(blob.digest) for blob, _ in IMAGE.blobs[1:]],
}


def layout(*descriptors: Descriptor) -> dict[str, bytes]:
    return {"oci-layout": b"{}", "index.json": msgspec.json.encode(Index(manifests=descriptors))}


def named(descriptor: Descriptor, **annotations: str) -> Descriptor:
    return msgspec.structs.replace(descriptor, annotations={key.replace("_", "."): value for key, value in annotations.items()})


def indexed(*entries: Descriptor) -> tuple[Descriptor, dict[str, bytes]]:
    content = msgspec.json.encode(Index(manifests=entries))
    digest = digest_of(content)
    return Descriptor(OCI_INDEX, digest, len(content)), {blob_name(digest): content}


def on(image: MadeImage, platform: Platform) -> Descriptor:
    return msgspec.structs.replace(image.descriptor, platform=platform)


def bytes_of(member: Member | None) -> bytes:
    assert member
    return Path(member.file).read_bytes()


def refused(error: type[EngineError], files: Mapping[str, bytes], *platforms: Platform) -> str:
    with pytest.raises(error) as raised:
        archive(files).images(platforms)
    return raised.value.message


def test_a_docker_archive_brings_its_entries_with_their_names() -> None:
    (image,) = archive({**docker(ENTRY), **blobs(IMAGE)}).images()
    assert bytes_of(image.config) == IMAGE.blobs[0][1]
    assert [bytes_of(layer) for layer in image.layers] == [content for _, content in IMAGE.blobs[1:]]
    assert image.names == ("docker.io/library/app:1", "host:5000/x/y:latest")
    assert (image.manifest, image.index, image.attached) == (None, None, ())


@pytest.mark.parametrize(
    "entry", [{"Config": "c", "RepoTags": None, "Layers": None}, {"Config": "./d/../c"}, {"Config": "/c", "Else": 1}]
)
def test_an_entry_may_leave_things_out(entry: object) -> None:
    assert archive({**docker(entry), "c": b"{}"}).images() == [ArchivedImage(Member("1", digest_of(b"{}"), 2, IMAGE_TYPE), (), ())]


IMAGE_TYPE = "application/vnd.oci.image.layer.v1.tar"
"""What a member's first bytes say that is not compressed; it counts for layers alone."""


def test_an_empty_list_brings_nothing() -> None:
    assert archive(docker()).images() == []


def test_a_layout_gives_a_docker_archives_images_their_manifests() -> None:
    index, more = indexed(on(IMAGE, host()), on(FOREIGN, ARM))
    (image,) = archive({**docker(ENTRY), **layout(index), **more, **blobs(IMAGE)}).images()
    assert bytes_of(image.manifest) == IMAGE.manifest
    assert bytes_of(image.index) == more[blob_name(index.digest)]


@pytest.mark.parametrize(
    "index",
    [
        b"no json",
        b'{"manifests": 5}',
        msgspec.json.encode(Index(manifests=(Descriptor(OCI_INDEX, UNKNOWN, 1),))),
        b'{"schemaVersion":2,"manifests":[{"mediaType":"x/y","digest":"nonsense","size":1}]}',
        b"[]",
    ],
    ids=("none", "odd", "missing", "no digest", "list"),
)
def test_a_damaged_layout_costs_a_docker_archive_nothing_but_that(index: bytes) -> None:
    """`docker load` reads manifest.json alone; what an archiver left beside it is of no account."""
    (image,) = archive({**docker(ENTRY), "index.json": index, **blobs(IMAGE)}).images()
    assert (image.names[0], image.manifest) == ("docker.io/library/app:1", None)


@pytest.mark.parametrize(
    ("annotations", "names"),
    [
        ({}, ()),
        ({"org.opencontainers.image.ref.name": "1.0"}, ()),
        ({"org.opencontainers.image.ref.name": "app:1"}, ("docker.io/library/app:1",)),
        ({"org.opencontainers.image.ref.name": "x/app"}, ("docker.io/x/app:latest",)),
        ({"io.containerd.image.name": "host:5000/app:1", "org.opencontainers.image.ref.name": "x:2"}, ("host:5000/app:1",)),
    ],
)
def test_a_layout_brings_its_images_with_the_names_that_it_gives(annotations: dict[str, str], names: tuple[str, ...]) -> None:
    descriptor = msgspec.structs.replace(IMAGE.descriptor, annotations=annotations)
    (image,) = archive({**layout(descriptor), **blobs(IMAGE)}).images()
    assert (image.names, bytes_of(image.manifest), image.index) == (names, IMAGE.manifest, None)


def test_of_an_index_all_that_is_whole_comes_with_what_is_attached() -> None:
    statement = make_image([b"statement"], layer_type="application/vnd.oci.image.layer.v1.tar")
    attestation = msgspec.structs.replace(
        statement.descriptor,
        platform=Platform("unknown", "unknown"),
        annotations={ATTACHED: "attestation-manifest", "vnd.docker.reference.digest": IMAGE.descriptor.digest},
    )
    index, more = indexed(on(IMAGE, host()), on(FOREIGN, ARM), attestation)
    found = archive({**layout(index), **more, **blobs(IMAGE, statement)}).images()
    assert [bytes_of(image.manifest) for image in found] == [IMAGE.manifest]
    assert [bytes_of(member) for member in found[0].attached] == [statement.manifest, *(content for _, content in statement.blobs)]
    both = archive({**layout(index), **more, **blobs(IMAGE, FOREIGN)}).images()
    assert [bytes_of(image.manifest) for image in both] == [IMAGE.manifest, FOREIGN.manifest]
    assert both[0].attached == (), "an attestation that is not whole is left out"


def test_of_some_platforms_those_come() -> None:
    index, more = indexed(on(IMAGE, host()), on(FOREIGN, ARM))
    files = {**docker(ENTRY), **layout(index), **more, **blobs(IMAGE, FOREIGN)}
    assert [bytes_of(image.manifest) for image in archive(files).images([ARM])] == [FOREIGN.manifest]
    assert (
        refused(InvalidArgument, files, ARM, Platform("s390x"))
        == "the archive does not provide the specified platform (linux/s390x)"
    )
    assert "linux/arm64" in refused(InvalidArgument, {**docker(ENTRY), **blobs(IMAGE)}, ARM)


def test_an_index_of_which_nothing_is_whole_says_what_is_missing() -> None:
    index, more = indexed(on(IMAGE, host()))
    name = blob_name(IMAGE.descriptor.digest)
    assert refused(DataLoss, {**layout(index), **more}) == f"invalid archive: {name} is missing"
    alien, more = indexed(on(FOREIGN, Platform("alien")))
    assert refused(NotFound, {**layout(alien), **more})


@pytest.mark.parametrize(
    ("error", "files", "message"),
    [
        (InvalidArgument, {}, "invalid archive: does not contain a manifest.json"),
        (InvalidArgument, {"x/manifest.json": b"[]"}, "invalid archive: does not contain a manifest.json"),
        (DataLoss, {"manifest.json": b'[{"Config": "\xff"}]'}, "UTF-8"),
        (DataLoss, {"manifest.json": b'[{"Config": "c", "Else": ' + b"[" * 100_000}, "invalid archive: manifest.json: not UTF-8, or nested too deeply"),
        (DataLoss, docker({"Config": "missing"}), "invalid archive: missing is missing"),
        (DataLoss, docker({"Config": "../../etc/passwd"}), "invalid archive: ../../etc/passwd is missing"),
        (DataLoss, {**docker({"Config": "c", "Layers": ["l"]}), "c": b"{}"}, "invalid archive: l is missing"),
        (InvalidArgument, {**docker({"Config": "c", "RepoTags": ["App"]}), "c": b"{}"}, "must be lowercase"),
        (DataLoss, {**docker({"Config": "c"}), "c": bytes((4 << 20) + 1)}, "invalid archive: c is longer than 4194304 bytes"),
        (DataLoss, {"index.json": b"{}", "manifest.json": b"{}"}, "invalid archive: manifest.json: Expected `array`, got `object`"),
        (DataLoss, {"index.json": b"null"}, "index is not a JSON object"),
        (InvalidArgument, layout(Descriptor("x/y", "sha256:../../x", 1)), "invalid checksum digest format: sha256:../../x"),
    ],
    ids=range(12),
)  # fmt: skip
def test_what_is_no_archive_or_a_damaged_one(error: type[EngineError], files: Mapping[str, bytes], message: str) -> None:
    assert message in refused(error, files)


def test_a_blob_that_is_not_what_its_name_says_is_damage() -> None:
    name = blob_name(IMAGE.id)
    assert refused(DataLoss, {**docker(ENTRY), **blobs(IMAGE), name: b"{}"}) == (
        f"invalid archive: {name} has the digest {digest_of(b'{}')}"
    )
