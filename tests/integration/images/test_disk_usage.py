"""What images take is what `du` says, to the byte, on a file system whose directories and small files take whole blocks."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.images.disk import StoreDisk
from plugins.storage_overlay.driver import OverlayDriver
from plugins.storage_vfs.driver import VfsDriver
from sdk.drivers.registry import RegistryBackend
from sdk.oci.reference import parse_reference
from sdk.testing.distribution import RunningRegistry
from sdk.testing.images import make_image, make_tar
from tests.integration.images.conftest import Rooms, open_rooms

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

SHARED = make_tar({"a/": None, "a/b/": None, "a/b/c": b"c" * 10_000, "a/small": b"1"})
OWN = [make_tar({"x/": None, **{f"x/{number}-{each}": bytes([each]) * 5000 for each in range(20)}}) for number in range(2)]


@pytest.fixture
def ext4(disk: Path) -> Iterator[Path]:
    """An ext4 of 64 MiB on a loop device."""
    image, target = disk / "ext4.img", disk / "ext4"
    target.mkdir()
    with image.open("wb") as file:
        file.truncate(64 << 20)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(target)], check=True)
    yield target
    subprocess.run(["umount", str(target)], check=True)


def files(*roots: Path) -> list[Path]:
    """Return the files below some directories."""
    return [path for root in roots for path in root.rglob("*") if path.is_file()]


def du(*paths: Path) -> int:
    """Return what du counts, all paths together."""
    command = ["du", "--block-size=1", "--summarize", "--total", *map(str, paths)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1].split()[0])


async def pulled(rooms: Rooms, hub: RegistryBackend, registry: RunningRegistry) -> list[str]:
    names = [f"{registry.address}/disk/{number}:x" for number in range(2)]
    for name, own in zip(names, OWN, strict=True):
        await make_image((SHARED, own)).push(hub, parse_reference(name))
        await rooms.pull(name)
    return names


@pytest.mark.parametrize("driver", [OverlayDriver, VfsDriver])
@pytest.mark.parametrize("keep_blobs", [True, False])
async def test_it_is_what_du_says(
    ext4: Path, hub: RegistryBackend, docker_registry: RunningRegistry, driver: type[OverlayDriver], keep_blobs: bool
) -> None:
    rooms = open_rooms(ext4, hub, keep_blobs=keep_blobs, driver=driver)
    names = await pulled(rooms, hub, docker_registry)
    measured = await rooms.images.disk()
    layers = list((ext4 / "storage" / "l").iterdir())
    content = (ext4 / "content" / "blobs", ext4 / "content" / "ingest")
    assert measured.total == du(*files(*content), *layers)

    images = [measured.images[rooms.store.find(name).id] for name in names]
    assert images[0].shared == images[1].shared > 10_000
    assert sum(image.size - image.shared for image in images) + images[0].shared == measured.total

    await rooms.images.remove(names[0])
    after = await rooms.images.disk()
    assert after.images[rooms.store.find(names[1]).id].shared == 0
    assert after.total == du(*files(*content), *(ext4 / "storage" / "l").iterdir())
    _, freed = await rooms.images.prune({"dangling": ("false",)})
    assert freed == after.total - (await rooms.images.disk()).total
    rooms.close()


async def test_an_empty_store_takes_nothing(ext4: Path, hub: RegistryBackend) -> None:
    rooms = open_rooms(ext4, hub)
    assert await rooms.images.disk() == StoreDisk(0, {})
    rooms.close()


async def test_a_container_is_measured_with_its_directories(
    ext4: Path, hub: RegistryBackend, docker_registry: RunningRegistry
) -> None:
    rooms = open_rooms(ext4, hub)
    (name, _) = await pulled(rooms, hub, docker_registry)
    await rooms.storage.prepare("c" * 64, parent=rooms.store.find(name).chain_id)
    assert (await rooms.storage.usage("c" * 64)).disk == du(ext4 / "storage" / "a" / ("c" * 64))
    rooms.close()
