"""A daemon killed in the middle of a pull: the next one goes on with what is there, and nothing half made is left."""

import asyncio
import random
import signal
import sys
from pathlib import Path

import pytest

from sdk.drivers.registry import RegistryBackend
from sdk.drivers.storage import SnapshotKind
from sdk.oci.reference import parse_reference
from sdk.testing.distribution import RunningRegistry
from sdk.testing.faults import Fault, faulty_proxy
from sdk.testing.images import make_image, make_tar

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

_MIB = 1 << 20
_PULL = f"""
import asyncio, sys
from pathlib import Path
sys.path[:0] = [{str(Path(__file__).parent)!r}, {str(Path(__file__).parents[3])!r}]
from conftest import open_rooms
from plugins.registry_hub.backend import HubBackend
from plugins.registry_hub.settings import HubSettings

async def main(root, name):
    await open_rooms(Path(root), HubBackend(HubSettings())).pull(name)

asyncio.run(main(*sys.argv[1:]))
"""


async def _kill_once_it_waits(root: Path, name: str, stored: int) -> None:
    """Pull in a process of its own until that much has been stored of blobs that are not complete, then kill it."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _PULL, str(root), name)
    try:
        async with asyncio.timeout(20):
            while sum(path.stat().st_size for path in (root / "content" / "ingest").glob("*.partial")) < stored:
                assert process.returncode is None
                await asyncio.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()


async def test_the_next_pull_resumes(hub: RegistryBackend, docker_registry: RunningRegistry, disk: Path, reopened) -> None:
    image = make_image([make_tar({f"file{number}": random.Random(number).randbytes(6 * _MIB)}) for number in range(3)])
    await image.push(hub, parse_reference(f"{docker_registry.address}/killed"))
    async with faulty_proxy(docker_registry.address, 5001) as proxy:
        name = f"{proxy.address}/killed"
        layers = {layer.digest for layer, _blob in image.blobs[1:]}
        proxy.plan = lambda request: Fault(stall_after=4 * _MIB) if request.path.rpartition("/")[2] in layers else None
        await _kill_once_it_waits(disk, name, stored=9 * _MIB)

        proxy.plan = lambda _request: None
        proxy.seen.clear()
        rooms = reopened()
        assert not list(rooms.store)
        await rooms.images.recover()
        assert not [info for info in await rooms.storage.list() if info.kind is SnapshotKind.STAGED]
        await rooms.pull(name)

    offsets = [
        int(request.headers["range"][len("bytes=") : -1]) for request in proxy.seen if request.path.rpartition("/")[2] in layers
    ]
    assert len(offsets) == 3
    assert sum(offsets) >= 9 * _MIB
    assert (await rooms.images.inspect(name)).id == image.id
    assert [info.kind for info in await rooms.storage.list()] == [SnapshotKind.COMMITTED] * 3
    assert not list((disk / "content" / "ingest").iterdir())


async def test_images_are_known_to_the_next_daemon(rooms, hub: RegistryBackend, docker_registry: RunningRegistry, reopened) -> None:
    name = f"{docker_registry.address}/kept"
    await make_image([make_tar({"a": b"a"})]).push(hub, parse_reference(name))
    await rooms.pull(name)
    before = await rooms.images.inspect(name)
    rooms.close()
    after = await reopened().images.inspect(name)
    assert (after.id, after.tags, after.digests, after.size, after.tagged_ns) == (
        before.id,
        before.tags,
        before.digests,
        before.size,
        before.tagged_ns,
    )
