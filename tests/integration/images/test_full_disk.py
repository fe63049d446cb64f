"""A disk that fills up in the middle: said plainly, nothing half made stays, and with more room the same pull succeeds."""

import os
import random
import subprocess
import tarfile
from pathlib import Path

import pytest

from sdk.drivers.registry import RegistryBackend
from sdk.errors import ResourceExhausted
from sdk.oci.reference import parse_reference
from sdk.testing.distribution import RunningRegistry
from sdk.testing.images import make_image, make_tar

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]


def leave(disk: Path, room: int) -> None:
    """Make the disk so small that this many bytes are free beside what is on it, which is mostly the room the database keeps."""
    status = os.statvfs(disk)
    used = (status.f_blocks - status.f_bfree) * status.f_frsize
    subprocess.run(["mount", "-o", f"remount,size={used + room}", str(disk)], check=True)


@pytest.mark.parametrize("room", [4_500_000, 11_000_000])
async def test_a_pull_onto_a_full_disk(
    rooms, hub: RegistryBackend, docker_registry: RunningRegistry, disk: Path, room: int
) -> None:
    name = f"{docker_registry.address}/full"
    layers = [make_tar({f"file{number}": random.Random(number).randbytes(4 << 20)}) for number in range(2)]
    image = make_image(layers)
    await image.push(hub, parse_reference(name))
    leave(disk, room)
    with pytest.raises(ResourceExhausted, match="no space left on device"):
        await rooms.pull(name)
    assert list(await rooms.storage.list()) == []
    assert (list((disk / "content/ingest").iterdir()), rooms.store.content.digests()) == ([], frozenset())
    leave(disk, 64 << 20)
    await rooms.pull(name)
    assert (await rooms.images.inspect(name)).id == image.id


async def test_a_load_onto_a_full_disk(rooms, disk: Path) -> None:
    async def archive():
        member = tarfile.TarInfo("layer.tar")
        member.size = 1 << 40
        yield member.tobuf()
        while True:
            yield bytes(1 << 20)

    leave(disk, 8 << 20)
    with pytest.raises(ResourceExhausted, match="no space left on device"):
        [step async for step in rooms.images.load(archive())]
    assert list((disk / "content" / "ingest").iterdir()) == []
