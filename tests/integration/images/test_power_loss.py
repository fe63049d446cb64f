"""What is on the disk when the power goes: a copy of the block device, taken without a sync, with what the file system had written by then."""

import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from core.images.content.store import ContentStore
from sdk.oci.digest import digest_of
from sdk.testing.images import make_image, make_tar
from tests.integration.images.conftest import Rooms, open_rooms

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

LAYER = make_tar({"file": Random(1).randbytes(3 << 20)})
IMAGE = make_image((LAYER,))


@contextmanager
def mounted(image: Path, place: Path) -> Iterator[Path]:
    place.mkdir()
    subprocess.run(["mount", "-o", "loop", image, place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


@pytest.fixture
def power(disk: Path, tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A file system on a disk of its own, and the file that is the disk."""
    image = disk / "disk.img"
    with image.open("wb") as file:
        file.truncate(64 << 20)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    with mounted(image, tmp_path / "before") as place:
        subprocess.run(["sync", "-f", place], check=True)
        yield place, image


@contextmanager
def after_power_loss(image: Path, tmp_path: Path) -> Iterator[Path]:
    """What the next boot finds."""
    copy = image.with_name("copy.img")
    shutil.copyfile(image, copy)
    with mounted(copy, tmp_path / "after") as place:
        yield place


async def test_a_blob_under_its_name_is_whole(power: tuple[Path, Path], tmp_path: Path) -> None:
    content = ContentStore(power[0] / "content")
    with content.temporary("layer") as temporary:
        temporary.write_bytes(LAYER)
        await content.adopt(temporary, digest_of(LAYER))
    with after_power_loss(power[1], tmp_path) as place:
        assert ContentStore(place / "content").read(digest_of(LAYER)) == LAYER


async def test_what_a_load_brought_is_whole(power: tuple[Path, Path], tmp_path: Path, rooms: Rooms) -> None:
    with rooms.store.content.temporary("image") as archive:
        subprocess.run(["tar", "-C", _layout(tmp_path), "-cf", archive, "."], check=True)
        content = archive.read_bytes()

    async def pieces() -> AsyncIterator[bytes]:
        yield content

    first = open_rooms(power[0], rooms.registry)
    try:
        _ = [step async for step in first.images.load(pieces())]
        with after_power_loss(power[1], tmp_path) as place:
            stored = ContentStore(place / "content")
            assert [stored.read(blob.digest) for blob, _ in IMAGE.blobs] == [held for _, held in IMAGE.blobs]
    finally:
        first.close()


def _layout(tmp_path: Path) -> Path:
    """Write the image as `docker save` does."""
    for blob, content in IMAGE.blobs:
        path = tmp_path / "layout" / "blobs" / "sha256" / blob.digest.removeprefix("sha256:")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    names = [f"blobs/sha256/{blob.digest.removeprefix('sha256:')}" for blob, _ in IMAGE.blobs]
    entry = {"Config": names[0], "Layers": names[1:], "RepoTags": ["loaded:1"]}
    (tmp_path / "layout" / "manifest.json").write_text(json.dumps([entry]))
    return tmp_path / "layout"
