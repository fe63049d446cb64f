"""Layouts as registries, beside skopeo: what it writes is pulled, what we push it reads; damage and hostile content are refused."""

import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from plugins.registry_layout.backend import LayoutBackend
from plugins.registry_layout.settings import LayoutSettings
from sdk.drivers.registry import Credentials
from sdk.errors import DataLoss, EngineError, NotFound, Unavailable, Unsupported
from sdk.oci.descriptor import OCI_LAYER, OCI_MANIFEST, Descriptor
from sdk.oci.digest import digest_of
from sdk.oci.reference import parse_reference
from sdk.testing.images import ANONYMOUS, make_image, make_tar
from tests.integration.images.conftest import Rooms, open_rooms

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

IMAGE = make_image((make_tar({"a": b"a" * 70_000}), make_tar({"b": b"b" * 50})))
OTHER = make_image((make_tar({"other": b"o"}),))


@pytest.fixture
def root(disk: Path) -> Path:
    (disk / "layouts").mkdir()
    return disk / "layouts"


@pytest.fixture
def layouts(root: Path) -> LayoutBackend:
    hosts = {"layout.local": root, "usb.local": root / "usb.tar", "one.local": root / "one"}
    return LayoutBackend(LayoutSettings(hosts=hosts))


@pytest.fixture
def rooms(disk: Path, layouts: LayoutBackend):
    (disk / "rooms").mkdir()
    opened = open_rooms(disk / "rooms", layouts)
    yield opened
    opened.close()


def skopeo(*words: str) -> str:
    done = subprocess.run(["skopeo", "--insecure-policy", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def push(rooms: Rooms, name: str) -> None:
    _ = [step async for step in rooms.images.push(name, "", ANONYMOUS)]


async def pushed(layouts: LayoutBackend, name: str, image=IMAGE) -> None:
    await image.push(layouts, parse_reference(name))


def blobs(directory: Path) -> set[str]:
    return {path.name for path in (directory / "blobs" / "sha256").iterdir()}


async def test_what_skopeo_writes_is_pulled(layouts: LayoutBackend, rooms: Rooms, root: Path) -> None:
    await pushed(layouts, "layout.local/source:1")
    skopeo("copy", f"oci:{root}/source:1", f"oci:{root}/copied:v2")
    skopeo("copy", f"oci:{root}/source:1", f"oci-archive:{root}/archived.tar:v3")
    skopeo("copy", f"oci:{root}/source:1", f"oci-archive:{root}/usb.tar:team/app:v4")
    skopeo("copy", f"oci:{root}/source:1", f"oci:{root}/unnamed")
    for name in ("layout.local/copied:v2", "layout.local/archived:v3", "usb.local/team/app:v4", "layout.local/unnamed"):
        await rooms.pull(name)
        assert rooms.store.find(name).id == IMAGE.id
        await rooms.images.remove(name)


async def test_what_we_push_skopeo_reads(layouts: LayoutBackend, rooms: Rooms, root: Path) -> None:
    await pushed(layouts, "layout.local/source:1")
    await rooms.pull("layout.local/source:1")
    for repository, tag in (("layout.local/team/app", "1.0"), ("one.local/app", "2")):
        (root / "one" / "x").mkdir(parents=True, exist_ok=True)
        await rooms.images.tag("layout.local/source:1", repository, tag)
        await push(rooms, f"{repository}:{tag}")
    read = json.loads(skopeo("inspect", f"oci:{root}/team/app:1.0"))
    assert read["Digest"] == IMAGE.descriptor.digest
    skopeo("copy", f"oci:{root}/team/app:1.0", f"dir:{root}/read")
    assert json.loads(skopeo("inspect", f"oci:{root}/one/app:2"))["Digest"] == IMAGE.descriptor.digest
    assert json.loads((root / "team/app/oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    assert blobs(root / "team/app") == {
        digest.split(":")[1] for digest in (IMAGE.descriptor.digest, *(b.digest for b, _ in IMAGE.blobs))
    }
    assert list((root / "team/app/.partial").iterdir()) == []


async def test_one_layout_holds_several_repositories(layouts: LayoutBackend, rooms: Rooms, root: Path) -> None:
    """What skopeo made of one image gets a second one by us, and both read both."""
    await pushed(layouts, "layout.local/source:1")
    skopeo("copy", f"oci:{root}/source:1", f"oci:{root}/one:team/app:1")
    await pushed(layouts, "one.local/other:2", OTHER)
    assert json.loads(skopeo("inspect", f"oci:{root}/one:other:2"))["Digest"] == OTHER.descriptor.digest
    await rooms.pull("one.local/team/app:1")
    await rooms.pull("one.local/other:2")
    assert await layouts.tags(parse_reference("one.local/other"), ANONYMOUS) == ["2"]
    with pytest.raises(NotFound, match="manifest unknown"):
        await layouts.resolve(parse_reference("one.local/other:1"), ANONYMOUS)


async def test_what_docker_save_writes_is_pulled(layouts: LayoutBackend, rooms: Rooms, root: Path) -> None:
    await pushed(layouts, "layout.local/source:1")
    await rooms.pull("layout.local/source:1")
    await rooms.images.tag("layout.local/source:1", "saved", "3")
    (root / "usb.tar").write_bytes(b"".join([piece async for piece in rooms.images.save(["saved:3"])]))
    await rooms.images.remove("saved:3")
    await rooms.pull("usb.local/saved:3")
    assert rooms.store.find("usb.local/saved:3").id == IMAGE.id


async def test_what_others_wrote_into_an_index_stays(layouts: LayoutBackend, root: Path) -> None:
    await pushed(layouts, "layout.local/app:1")
    index = json.loads((root / "app/index.json").read_text())
    index["annotations"] = {"vendor": "kept"}
    index["manifests"][0]["x-vendor"] = [1, {"deep": None}]
    (root / "app/index.json").write_text(json.dumps(index))
    await pushed(layouts, "layout.local/app:2", OTHER)
    await pushed(layouts, "layout.local/app:2", OTHER)
    after = json.loads((root / "app/index.json").read_text())
    assert after["annotations"] == {"vendor": "kept"}
    assert after["manifests"][0] == index["manifests"][0]
    assert [entry["annotations"]["org.opencontainers.image.ref.name"] for entry in after["manifests"]] == ["1", "2"]


async def test_what_a_killed_push_left_is_deleted_by_the_next(layouts: LayoutBackend, root: Path) -> None:
    await pushed(layouts, "layout.local/app:1")
    (root / "app/.partial/0123456789abcdef").write_bytes(b"half of a blob")
    await pushed(layouts, "layout.local/app:2")
    assert list((root / "app/.partial").iterdir()) == []


async def test_a_push_that_breaks_off_leaves_nothing(layouts: LayoutBackend, root: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"abc"
        raise Unavailable("the source is gone")

    name = parse_reference("layout.local/app:1")
    with pytest.raises(Unavailable):
        await layouts.push_blob(name, Descriptor(OCI_LAYER, digest_of(b"abcdef"), 6), broken(), ANONYMOUS)
    assert (blobs(root / "app"), list((root / "app/.partial").iterdir())) == (set(), [])


async def test_a_blob_of_another_content_is_not_pulled(layouts: LayoutBackend, rooms: Rooms, root: Path) -> None:
    await pushed(layouts, "layout.local/app:1")
    layer = root / "app" / "blobs" / "sha256" / IMAGE.blobs[1][0].digest.split(":")[1]
    layer.write_bytes(bytes(layer.stat().st_size))
    with pytest.raises(DataLoss, match="verification failed"):
        await rooms.pull("layout.local/app:1")
    manifest = root / "app" / "blobs" / "sha256" / IMAGE.descriptor.digest.split(":")[1]
    manifest.write_bytes(manifest.read_bytes() + b" ")
    with pytest.raises(DataLoss, match="manifest verification failed"):
        await rooms.pull("layout.local/app:1")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "malformed index.json"),
        ('{"manifests": [{"digest": 1}]}', "malformed index.json"),
        ('{"manifests": null}', "manifest unknown"),
        (json.dumps({"manifests": [{"mediaType": OCI_MANIFEST, "digest": "sha256:../../../../etc/passwd", "size": 1, "annotations": {"org.opencontainers.image.ref.name": "1"}}]}), "invalid checksum digest format"),
        (json.dumps({"manifests": [{"mediaType": OCI_MANIFEST, "digest": "sha384:" + "0" * 96, "size": 1, "annotations": {"org.opencontainers.image.ref.name": "1"}}]}), "invalid checksum digest format"),
    ],
    ids=["no json", "wrong types", "null", "traversal", "sha384"],
)  # fmt: skip
async def test_a_bad_index_is_refused_in_one_sentence(layouts: LayoutBackend, root: Path, content: str, sentence: str) -> None:
    await pushed(layouts, "layout.local/app:1")
    (root / "app/index.json").write_text(content)
    with pytest.raises(EngineError, match=sentence):
        await layouts.resolve(parse_reference("layout.local/app:1"), ANONYMOUS)


async def test_what_is_no_layout_of_this_version_is_refused(layouts: LayoutBackend, root: Path) -> None:
    await pushed(layouts, "layout.local/app:1")
    (root / "app/oci-layout").write_text('{"imageLayoutVersion": "2.0.0"}')
    with pytest.raises(DataLoss, match=r"layout of version 2\.0\.0, not 1\.0\.0"):
        await layouts.resolve(parse_reference("layout.local/app:1"), ANONYMOUS)
    (root / "app/oci-layout").unlink()
    with pytest.raises(DataLoss, match="oci-layout is missing"):
        await layouts.resolve(parse_reference("layout.local/app:1"), ANONYMOUS)


async def test_where_nothing_is_that_is_said(layouts: LayoutBackend, root: Path) -> None:
    with pytest.raises(NotFound, match=f"there is no OCI image layout at {root}/nothing"):
        await layouts.resolve(parse_reference("layout.local/nothing"), ANONYMOUS)
    with pytest.raises(NotFound, match="there is no directory"):
        await pushed(layouts, "usb.local/app:1")


async def test_an_archive_is_only_read(layouts: LayoutBackend, root: Path) -> None:
    await pushed(layouts, "layout.local/app:1")
    with tarfile.open(root / "usb.tar", "w") as archive:
        archive.add(root / "app", ".")
    shutil.move(root / "app", root / "unpacked")
    with pytest.raises(Unsupported, match=r"usb\.tar is an archive, which cannot be pushed to"):
        await pushed(layouts, "usb.local/usb:2", OTHER)
    assert (await layouts.resolve(parse_reference("usb.local/usb:1"), ANONYMOUS)).content == IMAGE.manifest
    subprocess.run(["gzip", "--keep", root / "usb.tar"], check=True)
    os.replace(root / "usb.tar.gz", root / "usb.tar")
    with pytest.raises(Unavailable, match="it is compressed"):
        await layouts.resolve(parse_reference("usb.local/usb:1"), ANONYMOUS)


async def test_a_medium_that_cannot_be_written_is_named(layouts: LayoutBackend, root: Path) -> None:
    subprocess.run(["mount", "--bind", root, root], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", root], check=True)
    try:
        with pytest.raises(Unavailable, match="read-only file system"):
            await pushed(layouts, "layout.local/app:1")
    finally:
        subprocess.run(["umount", root], check=True)


async def test_index_of_platforms(layouts: LayoutBackend, rooms: Rooms, root: Path) -> None:
    """An index of manifests goes through a layout whole, and skopeo sees all of it."""
    from sdk.oci.descriptor import Platform, host
    from sdk.testing.images import push_index

    images = {host(): IMAGE, Platform("s390x"): make_image((make_tar({"c": b"c"}),), platform=Platform("s390x"))}
    index = await push_index(layouts, parse_reference("layout.local/multi:1"), images)
    await rooms.pull("layout.local/multi:1")
    assert rooms.store.find("layout.local/multi:1").id == IMAGE.id
    assert digest_of(skopeo("inspect", "--raw", f"oci:{root}/multi:1").encode()) == index.digest
    assert msgspec.json.decode((root / "multi/index.json").read_bytes())["manifests"][0]["mediaType"] == index.media_type


async def test_credentials_mean_nothing(layouts: LayoutBackend) -> None:
    assert await layouts.authenticate(Credentials("user", "password", server_address="layout.local")) == ""
