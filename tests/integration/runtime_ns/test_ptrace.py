"""A container with CAP_SYS_PTRACE sees the processes that an exec sets up in it. It gets no further by them than its own walls."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from msgspec.structs import replace

from sdk.oci import runtime as oci
from sdk.shim.supervision import shims_titled
from sdk.testing.bundles import DEFAULT_CAPABILITIES, BundleFactory, container_spec, process
from sdk.testing.contracts.runtime.lab import PIPES, Lab
from sdk.testing.runtimes import exit_code, open_runtime, read_until
from tests.integration.runtime_ns import watcher
from tests.integration.runtime_ns.conftest import PLUGIN

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

_ENOUGH = 5
_SECONDS = 60.0


def interpreter() -> list[oci.Mount]:
    """Return the mounts by which this interpreter runs in a container."""
    wanted = {"/lib", "/lib64", "/usr/lib", sys.base_prefix}
    places = [(os.path.realpath(path), path) for path in sorted(wanted) if os.path.isdir(path)]
    mounts = [oci.Mount(place, "bind", source, ("rbind", "ro", "rprivate")) for source, place in places]
    return [*mounts, oci.Mount("/watcher.py", "bind", str(Path(watcher.__file__)), ("bind", "ro"))]


def poisoned(pid: int) -> bool:
    """Tell whether the watcher's word has reached a process of the host."""
    with suppress(OSError), open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for place in watcher.PLACES:
            memory.seek(place + watcher.RESERVED)
            if memory.read(len(watcher.WORD)) == watcher.WORD:
                return True
    return False


async def lines(descriptor: int) -> AsyncIterator[bytes]:
    """Yield what a container prints, line by line."""
    rest = b""
    while True:
        rest += await read_until(descriptor, b"\n")
        *whole, rest = rest.split(b"\n")
        for line in whole:
            yield line


async def watched(lab: Lab, secret: Path) -> list[dict[str, object]]:
    """Run execs in a container that attacks them until it has met enough; return what it found."""
    python = os.path.realpath(sys.executable)
    spec = container_spec(process(python, "-I", "-S", "/watcher.py", str(secret)))
    held = oci.Capabilities(*[(*DEFAULT_CAPABILITIES, "CAP_SYS_PTRACE")] * 3)
    spec = replace(spec, process=replace(spec.process, capabilities=held), mounts=(*spec.mounts, *interpreter()))
    task = await lab.start_spec(spec)
    assert task.stdout is not None
    told, found, count = lines(task.stdout), [], 0
    assert await anext(told) == b"watching"

    async def collect() -> None:
        while True:
            found.append(json.loads(await anext(told)))

    collecting = asyncio.ensure_future(collect())
    try:
        async with asyncio.timeout(_SECONDS):
            while len(found) < _ENOUGH:
                count += 1
                further = await task.exec(f"e{count}", process("sleep", "0.02"), PIPES)
                assert not any(poisoned(pid) for pid in shims_titled("core-shim"))
                assert await exit_code(further) == 0
                further.close()
    finally:
        collecting.cancel()
        await task.delete()
    return found


@pytest.mark.parametrize("settings", [{}, {"executor": "python"}], ids=["sysrun", "python"])
async def test_nothing_that_is_written_into_an_exec_reaches_the_host(
    bench: BundleFactory, tmp_path: Path, settings: dict[str, str]
) -> None:
    secret = tmp_path / "secret"
    secret.touch()
    async with open_runtime(PLUGIN, settings, bench.directory) as runtime:
        found = await watched(Lab(PLUGIN, settings, bench.directory, runtime, bench), secret)
    for one in found:
        assert one["modes"] == {"plan": "rw-p"}
        assert one["written"] == [4]
        assert (one["host"], one["outside"]) == (False, [])
        files = [str(link) for link in dict(one["files"]).values()]
        assert all(link.startswith(("pipe:", "socket:", "anon_inode:", "/dev/", "/sys/fs/cgroup/")) for link in files), files
        assert not any(os.path.isdir(link) for link in files if link.startswith("/")), files
