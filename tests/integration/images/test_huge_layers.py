"""Layers of very many files: memory is bounded, of the daemon and of its workers."""

import hashlib
import json
import os
import tarfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import anyio
import pytest

from sdk.drivers.registry import RegistryBackend
from sdk.oci.reference import parse_reference
from sdk.testing.distribution import RunningRegistry
from sdk.testing.images import make_image

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

BOUND_KIB = 64 << 10
FEW, MANY = 40_000, 1_000_000


def files(count: int) -> Iterator[bytes]:
    """Yield a tar of empty files, a thousand directories of them, some thousands at a time."""
    block = bytearray(tarfile.TarInfo("d000/000000000").tobuf())
    for start in range(0, count, 4096):
        chunk = bytearray()
        for number in range(start, min(start + 4096, count)):
            block[:14], block[148:156] = b"d%03d/%09d" % (number % 1000, number), b" " * 8
            block[148:156] = b"%06o\0 " % sum(block)
            chunk += block
        yield bytes(chunk)
    yield bytes(1024)


async def archive(count: int) -> AsyncIterator[bytes]:
    """Yield a docker-archive of an image with such a layer."""
    digest, size = hashlib.sha256(), 512 * count + 1024
    yield header("layer.tar", size)
    for chunk in files(count):
        digest.update(chunk)
        yield chunk
    config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest.hexdigest()}"]}}
    manifest = [{"Config": "config.json", "RepoTags": ["huge:1"], "Layers": ["layer.tar"]}]
    for name, document in (("config.json", config), ("manifest.json", manifest)):
        content = json.dumps(document).encode()
        yield header(name, len(content)) + content + bytes(-len(content) % 512)
    yield bytes(1024)


def header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf()


def peak_kib(process: str) -> int:
    """Return the most memory a process had; 0 if it has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0)


def workers() -> list[str]:
    return [
        child for task in os.listdir("/proc/self/task") for child in Path(f"/proc/self/task/{task}/children").read_text().split()
    ]


async def watched(work: Callable[[], object]) -> int:
    """Do some work and return the most memory that any of its workers had, in KiB."""
    most, before = 0, set(workers())
    async with anyio.create_task_group() as group:

        async def watch() -> None:
            nonlocal most
            while True:
                most = max(most, *(peak_kib(child) for child in workers() if child not in before), 0)
                await anyio.sleep(0.05)

        group.start_soon(watch)
        await work()
        group.cancel_scope.cancel()
    return most


@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
async def test_it_is_loaded_in_bounded_memory(rooms, count: int) -> None:
    async def load() -> None:
        assert [step async for step in rooms.images.load(archive(count))][-1].stream == "Loaded image: huge:1\n"

    before = peak_kib("self")
    assert 0 < await watched(load) < BOUND_KIB
    assert peak_kib("self") - before < BOUND_KIB
    chain = (await rooms.images.inspect("huge:1")).config.rootfs.diff_ids[0]
    assert (await rooms.storage.usage(chain)).inodes >= count


async def test_it_is_pulled_in_bounded_memory(rooms, hub: RegistryBackend, docker_registry: RunningRegistry) -> None:
    name = f"{docker_registry.address}/huge:1"
    await make_image([b"".join(files(FEW))]).push(hub, parse_reference(name))
    before = peak_kib("self")
    assert 0 < await watched(lambda: rooms.pull(name)) < BOUND_KIB
    assert peak_kib("self") - before < BOUND_KIB
