"""`keep_blobs = false`: archives go when their layers are unpacked, and come back byte for byte when they are asked for."""

import gzip
import hashlib
import io
import json
import subprocess
import tarfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest

from core.engine.images.content.service import ContentService
from core.images.documents import parse_manifest
from plugins.storage_vfs.driver import VfsDriver
from sdk.drivers.registry import Credentials, RegistryBackend
from sdk.engine.images import ImportRequest, Progress
from sdk.errors import DataLoss
from sdk.oci.descriptor import OCI_LAYER, OCI_LAYER_GZIP, OCI_LAYER_ZSTD, OCI_MANIFEST
from sdk.oci.digest import digest_of
from sdk.oci.image import Manifest
from sdk.oci.reference import parse_reference
from sdk.testing.distribution import RunningRegistry, serve_registry
from sdk.testing.images import MadeImage, make_image, make_tar
from tests.integration.images.conftest import Rooms, open_rooms

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

ANYBODY = Credentials()
TEXT = b"".join(hashlib.sha256(bytes([number])).hexdigest().encode() for number in range(256)) * 100


def awkward() -> bytes:
    """Return a layer with what makes a tar hard to make again: a name twice, hard links, a long name, odd owners and times, an xattr."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for number, name in enumerate(("twice", "twice", "n" * 150, "plain")):
            entry = tarfile.TarInfo(name)
            entry.size, entry.uid, entry.mtime = 70_000 + number, 1234, 1.5 + number
            entry.pax_headers = {"SCHILY.xattr.user.note": "x"}
            tar.addfile(entry, io.BytesIO(bytes([number + 1]) * entry.size))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.LNKTYPE, "plain"
        tar.addfile(link)
    return buffer.getvalue()


LAYERS = (make_tar({"a/": None, "a/text": TEXT}), make_tar({"a/.wh.text": b"", "a/.wh..wh..opq": b"", "b": b"b" * 5000}), awkward())
IMAGE = make_image(LAYERS)


@pytest.fixture(scope="module")
def elsewhere(network: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    """A registry that has nothing."""
    with serve_registry(tmp_path_factory.mktemp("elsewhere"), port=5001) as running:
        yield running


@pytest.fixture
async def pulled(slim_rooms: Rooms, hub: RegistryBackend, docker_registry: RunningRegistry) -> str:
    name = f"{docker_registry.address}/keep/image:x"
    await IMAGE.push(hub, parse_reference(name))
    await slim_rooms.pull(name)
    return name


async def pushed(rooms: Rooms, name: str) -> list[Progress]:
    repository, _, tag = name.rpartition(":")
    return [step async for step in rooms.images.push(repository, tag, ANYBODY)]


def archives(rooms: Rooms, image: MadeImage = IMAGE) -> list[str]:
    """Return the archives of an image's layers that are stored."""
    return [descriptor.digest for descriptor, _ in image.blobs[1:] if rooms.store.content.exists(descriptor.digest)]


@pytest.mark.parametrize("kind", [OCI_LAYER, OCI_LAYER_GZIP, OCI_LAYER_ZSTD])
async def test_an_archive_is_dropped_and_its_tar_comes_back(
    slim_rooms: Rooms, hub: RegistryBackend, docker_registry: RunningRegistry, kind: str
) -> None:
    image = make_image(LAYERS, layer_type=kind)
    name = f"{docker_registry.address}/keep/kinds:x"
    await image.push(hub, parse_reference(name))
    await slim_rooms.pull(name)
    assert archives(slim_rooms, image) == []
    for layer in LAYERS:
        content = b"".join([chunk async for chunk in slim_rooms.images.context.blobs.read(digest_of(layer))])
        assert content == layer
        part = [chunk async for chunk in slim_rooms.images.context.blobs.read(digest_of(layer), 600, 70_000)]
        assert b"".join(part) == layer[600:70_600]
    assert [info.name for info in await slim_rooms.storage.list() if info.name.startswith("rebuild")] == []


async def test_the_disk_holds_little_more_than_the_files(slim_rooms: Rooms, pulled: str, disk: Path) -> None:
    content = sum(path.stat().st_size for path in (disk / "slim" / "content").rglob("*") if path.is_file())
    assert content < 5000 + 70_000  # documents, recipes, and the file that its own layer overwrites
    assert content < sum(len(layer) for layer in LAYERS) / 10


async def test_an_image_that_goes_back_keeps_its_digest_and_sends_nothing(slim_rooms: Rooms, pulled: str) -> None:
    again = pulled.replace("keep/image:x", "keep/other:y")
    await slim_rooms.images.tag(pulled, *again.rsplit(":", 1))
    steps = await pushed(slim_rooms, again)
    assert [step.status for step in steps].count("Layer already exists") == len(LAYERS)
    assert steps[-1].aux["Digest"] == IMAGE.descriptor.digest
    assert archives(slim_rooms) == []


async def test_a_registry_that_lacks_the_layers_gets_them_rebuilt(
    slim_rooms: Rooms, empty_rooms: Rooms, pulled: str, elsewhere: RunningRegistry, hub: RegistryBackend, disk: Path
) -> None:
    there = f"{elsewhere.address}/copy:y"
    await slim_rooms.images.tag(pulled, *there.rsplit(":", 1))
    steps = await pushed(slim_rooms, there)
    assert [step.status for step in steps].count("Pushed") == len(LAYERS)
    digest = steps[-1].aux["Digest"]
    info = await slim_rooms.images.inspect(IMAGE.id)
    assert set(info.digests) == {f"{pulled.rpartition(':')[0]}@{IMAGE.descriptor.digest}", f"{elsewhere.address}/copy@{digest}"}
    assert not list((disk / "slim" / "content" / "ingest").iterdir())

    resolved = await hub.resolve(parse_reference(there), ANYBODY)
    assert resolved.descriptor.digest == digest
    for blob, layer in zip(parse_manifest(resolved.content).layers, LAYERS, strict=True):
        async with hub.fetch(parse_reference(there), blob, ANYBODY) as chunks:
            assert gzip.decompress(b"".join([chunk async for chunk in chunks])) == layer
        assert not slim_rooms.store.content.exists(blob.digest)

    command = ["skopeo", "--insecure-policy", "copy", "--src-tls-verify=false", f"docker://{there}", f"oci:{disk}/copied:y"]
    subprocess.run(command, check=True, capture_output=True)
    await empty_rooms.pull(there)
    assert (await empty_rooms.images.inspect(there)).id == IMAGE.id

    repeated = await pushed(slim_rooms, there)
    assert [step.status for step in repeated].count("Layer already exists") == len(LAYERS)
    assert repeated[-1].aux["Digest"] == digest


async def test_what_is_saved_is_read_by_skopeo_and_loaded(slim_rooms: Rooms, empty_rooms: Rooms, pulled: str, disk: Path) -> None:
    saved = b"".join([chunk async for chunk in slim_rooms.images.save((pulled,))])
    (disk / "image.tar").write_bytes(saved)
    for transport in ("docker-archive", "oci-archive"):
        source = f"{transport}:{disk}/image.tar"
        target = f"oci:{disk}/{transport}"
        subprocess.run(["skopeo", "--insecure-policy", "copy", source, target], check=True, capture_output=True)
        inspected = subprocess.run(["skopeo", "inspect", "--config", target], check=True, capture_output=True).stdout
        assert json.loads(inspected)["rootfs"]["diff_ids"] == [digest_of(layer) for layer in LAYERS]

    async def content() -> AsyncIterator[bytes]:
        yield saved

    async for _ in empty_rooms.images.load(content()):
        pass
    assert (await empty_rooms.images.inspect(pulled)).id == IMAGE.id


async def test_what_is_loaded_and_made_here_is_dropped_too(slim_rooms: Rooms, rooms: Rooms, pulled: str) -> None:
    await rooms.pull(pulled)
    saved = b"".join([chunk async for chunk in rooms.images.save((pulled,))])

    async def content(of: bytes = saved) -> AsyncIterator[bytes]:
        yield of

    await slim_rooms.images.remove(pulled)
    async for _ in slim_rooms.images.load(content()):
        pass
    assert archives(slim_rooms) == []
    layer = make_tar({"own": b"o" * 1000})
    steps = slim_rooms.images.import_archive(content(layer), ImportRequest(repository="own", tag="1"))
    assert [step async for step in steps]
    assert not slim_rooms.store.content.exists(digest_of(layer))
    assert b"".join([chunk async for chunk in slim_rooms.images.context.blobs.read(digest_of(layer))]) == layer


async def test_a_daemon_that_is_told_later_drops_what_it_has(
    rooms: Rooms, hub: RegistryBackend, docker_registry: RunningRegistry, disk: Path
) -> None:
    name = f"{docker_registry.address}/keep/later:x"
    await IMAGE.push(hub, parse_reference(name))
    await rooms.pull(name)
    assert len(archives(rooms)) == len(LAYERS)
    rooms.close()
    slim = open_rooms(disk, hub, keep_blobs=False)
    await slim.images.drop_archives()
    assert archives(slim) == []
    slim.close()
    kept = open_rooms(disk, hub)
    saved = b"".join([chunk async for chunk in kept.images.save((name,))])
    assert all(digest_of(layer).partition(":")[2].encode() in saved for layer in LAYERS)
    assert archives(kept) == []
    kept.close()


async def test_removal_takes_recipes_along(slim_rooms: Rooms, pulled: str, disk: Path) -> None:
    await slim_rooms.images.remove(pulled)
    assert list((disk / "slim" / "content" / "blobs" / "sha256").iterdir()) == []
    await slim_rooms.pull(pulled)
    assert archives(slim_rooms) == []


async def test_a_layer_whose_files_changed_is_not_given_away(slim_rooms: Rooms, pulled: str) -> None:
    chain = slim_rooms.store.get(IMAGE.id).chains[0]
    info = next(info for info in await slim_rooms.storage.list() if info.name == chain)
    changed = slim_rooms.storage._tree.files(info) / "a" / "text"
    changed.write_bytes(b"!" * len(TEXT))
    with pytest.raises(DataLoss, match=f"layer {digest_of(LAYERS[0])} cannot be rebuilt: the layer's files are not what they were"):
        _ = [chunk async for chunk in slim_rooms.images.save((pulled,))]


async def test_others_pull_what_can_be_had(slim_rooms: Rooms, pulled: str) -> None:
    content = ContentService(slim_rooms.images.context)
    served = await content.manifest(parse_reference(pulled))
    manifest = parse_manifest(served.content)
    assert served.descriptor.digest == digest_of(served.content) != IMAGE.descriptor.digest
    assert (manifest.config.digest, len(manifest.layers)) == (IMAGE.id, len(LAYERS))
    for blob, layer in zip(manifest.layers, LAYERS, strict=True):
        assert await content.blob(blob.digest) == blob.size == len(layer)
        assert b"".join([chunk async for chunk in content.read_blob(blob.digest)]) == layer
    by_digest = parse_reference(f"{pulled.rpartition(':')[0]}@{served.descriptor.digest}")
    assert (await content.manifest(by_digest)).content == served.content


async def test_what_is_pushed_here_stays_as_it_came(slim_rooms: Rooms, pulled: str) -> None:
    """A client finds the tar of a layer here and does not send it: it is put back for the manifest that names it."""
    content = ContentService(slim_rooms.images.context)
    name = parse_reference("127.0.0.1:5000/team/app:1")
    layers = tuple(
        msgspec.structs.replace(IMAGE.blobs[1][0], media_type=OCI_LAYER, digest=digest_of(layer), size=len(layer))
        for layer in LAYERS
    )
    manifest = msgspec.json.encode(Manifest(config=IMAGE.blobs[0][0], layers=layers))
    await content.put_manifest(name, manifest, OCI_MANIFEST)
    await slim_rooms.images.drop_archives()
    assert (await content.manifest(name)).content == manifest
    assert all(slim_rooms.store.content.exists(layer.digest) for layer in layers)


async def test_layers_of_another_storage_driver(disk: Path, hub: RegistryBackend, docker_registry: RunningRegistry) -> None:
    rooms = open_rooms(disk, hub, keep_blobs=False, driver=VfsDriver)
    name = f"{docker_registry.address}/keep/vfs:x"
    await IMAGE.push(hub, parse_reference(name))
    await rooms.pull(name)
    assert archives(rooms) == []
    for layer in LAYERS:
        assert b"".join([chunk async for chunk in rooms.images.context.blobs.read(digest_of(layer))]) == layer
    rooms.close()
