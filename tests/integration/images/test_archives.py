"""save, load and import: what goes out comes in again, also from and to other tools."""

import io
import json
import os
import subprocess
import tarfile
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import anyio
import pytest

from sdk.drivers.registry import Credentials, RegistryBackend
from sdk.engine.images import ImageListRequest, ImportRequest, Progress
from sdk.errors import DataLoss, InvalidArgument, NoSuchImage
from sdk.oci.descriptor import OCI_LAYER, OCI_MANIFEST
from sdk.oci.digest import digest_of
from sdk.oci.image import ExecutionConfig
from sdk.oci.reference import parse_reference
from sdk.testing.distribution import RunningRegistry
from sdk.testing.images import make_image, make_tar

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

BASE, TOP = make_tar({"etc/": None, "etc/a": b"a" * 1000}), make_tar({"etc/.wh.a": b"", "etc/b": b"b" * 500})
IMAGE = make_image((BASE, TOP), ExecutionConfig(cmd=("/bin/sh",)))


@pytest.fixture
async def pulled(rooms, hub: RegistryBackend, docker_registry: RunningRegistry) -> str:
    name = f"{docker_registry.address}/archives/image:x"
    await IMAGE.push(hub, parse_reference(name))
    await rooms.pull(name)
    return name


async def saved(rooms, *refs: str) -> bytes:
    return b"".join([chunk async for chunk in rooms.images.save(refs)])


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 10_000):
        yield content[start : start + 10_000]


async def loaded(rooms, content: bytes, *, quiet: bool = False) -> list[Progress]:
    return [step async for step in rooms.images.load(pieces(content), quiet=quiet)]


async def test_what_is_saved_is_loaded_with_its_names(rooms, pulled: str, empty_rooms) -> None:
    await rooms.images.tag(pulled, "other/name", "y")
    archive = await saved(rooms, pulled, "other/name:y")
    steps = await loaded(empty_rooms, archive)
    assert {step.stream for step in steps if step.stream} == {f"Loaded image: {pulled}\n", "Loaded image: other/name:y\n"}
    info = await empty_rooms.images.inspect("other/name:y")
    assert (info.id, info.size, info.descriptor.digest) == (IMAGE.id, 1500, IMAGE.descriptor.digest)
    assert await saved(empty_rooms, pulled, "other/name:y") == archive


async def test_a_quiet_load_says_only_what_was_loaded(empty_rooms, rooms, pulled: str) -> None:
    steps = await loaded(empty_rooms, await saved(rooms, IMAGE.id), quiet=True)
    assert steps == [Progress("", stream=f"Loaded image ID: {IMAGE.id}\n")]


async def test_the_archive_is_one_that_skopeo_reads(rooms, pulled: str, disk: Path) -> None:
    (disk / "image.tar").write_bytes(await saved(rooms, pulled))
    for transport in ("docker-archive", "oci-archive"):
        command = ["skopeo", "--insecure-policy", "inspect", "--config", f"{transport}:{disk}/image.tar"]
        config = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        assert config["rootfs"]["diff_ids"] == [digest_of(BASE), digest_of(TOP)]


@pytest.mark.parametrize("kind", ["docker-archive", "oci-archive"])
async def test_archives_of_skopeo_are_loaded(
    empty_rooms, hub: RegistryBackend, docker_registry: RunningRegistry, disk: Path, kind: str
) -> None:
    name = f"{docker_registry.address}/archives/skopeo:x"
    await IMAGE.push(hub, parse_reference(name))
    target = f"{kind}:{disk}/skopeo.tar:" + ("some/name:1" if kind == "docker-archive" else "docker.io/some/name:1")
    command = ["skopeo", "--insecure-policy", "copy", "--src-tls-verify=false", f"docker://{name}", target]
    subprocess.run(command, check=True, capture_output=True)
    await loaded(empty_rooms, (disk / "skopeo.tar").read_bytes())
    info = await empty_rooms.images.inspect("some/name:1")
    assert (info.size, info.config.config.cmd) == (1500, ("/bin/sh",))


async def test_an_old_archive_with_linked_layers_is_loaded(empty_rooms) -> None:
    config = IMAGE.blobs[0][1]
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, data in {"base/layer.tar": BASE, "config.json": config, "manifest.json": _manifest()}.items():
            archive.addfile(_entry(name, len(data)), io.BytesIO(data))
        archive.addfile(_entry("top/layer.tar", len(TOP)), io.BytesIO(TOP))
        link = _entry("linked/layer.tar", 0)
        link.type, link.linkname = tarfile.SYMTYPE, "../top/layer.tar"
        archive.addfile(link)
    await loaded(empty_rooms, content.getvalue())
    assert (await empty_rooms.images.inspect("old:1")).id == IMAGE.id


def _manifest() -> bytes:
    layers = ["base/layer.tar", "linked/layer.tar"]
    return json.dumps([{"Config": "config.json", "RepoTags": ["old:1"], "Layers": layers}]).encode()


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size = size
    return entry


@pytest.mark.parametrize("content", [b"", b"not a tar" * 1000, make_tar({"file": b"x"})])
async def test_what_is_no_archive_is_refused_and_leaves_nothing(empty_rooms, disk: Path, content: bytes) -> None:
    with pytest.raises(InvalidArgument, match="invalid archive"):
        await loaded(empty_rooms, content)
    assert not list(disk.rglob("ingest/*"))


async def test_a_damaged_layer_is_refused(empty_rooms, rooms, pulled: str) -> None:
    archive = await saved(rooms, pulled)
    with pytest.raises((DataLoss, InvalidArgument)):
        await loaded(empty_rooms, archive.replace(IMAGE.blobs[1][1], IMAGE.blobs[1][1][:-9] + b"x" * 9))
    assert not await empty_rooms.images.list(ImageListRequest())


async def test_what_was_loaded_and_then_pulled_in_another_compression_is_saved_and_pushed(
    empty_rooms, hub: RegistryBackend, docker_registry: RunningRegistry
) -> None:
    plain, gzipped = make_image((BASE, TOP), layer_type=OCI_LAYER), IMAGE
    one, two, three = (f"{docker_registry.address}/archives/{number}:x" for number in ("plain", "gzipped", "pushed"))
    await plain.push(hub, parse_reference(one))
    await gzipped.push(hub, parse_reference(two))
    await empty_rooms.pull(one)
    steps = await empty_rooms.pull(two)
    assert sum(step.status == "Already exists" for step in steps) == 2
    await loaded(empty_rooms, await saved(empty_rooms, two))
    await empty_rooms.images.tag(two, three.removesuffix(":x"), "x")
    await empty_rooms.images.remove(one)
    await empty_rooms.images.remove(two)
    assert [step async for step in empty_rooms.images.push(three.removesuffix(":x"), "x", Credentials())][-1].aux
    assert (await hub.resolve(parse_reference(three), Credentials())).descriptor.media_type == OCI_MANIFEST


async def test_saving_what_is_not_there(rooms) -> None:
    with pytest.raises(NoSuchImage, match="No such image: missing:latest"):
        await saved(rooms, "missing")


async def test_an_import_makes_an_image_of_one_layer(rooms) -> None:
    steps = [
        step
        async for step in rooms.images.import_archive(
            pieces(BASE),
            ImportRequest(
                repository="imported",
                tag="1",
                message="by hand",
                changes=('CMD ["/bin/a"]', "ENV A=1 B='2 3'"),
            ),
        )
    ]
    info = await rooms.images.inspect("imported:1")
    assert steps == [Progress(info.id)]
    assert (info.size, info.config.config.cmd, info.config.config.env) == (1000, ("/bin/a",), ("A=1", "B=2 3"))
    assert info.config.rootfs.diff_ids == (digest_of(BASE),)
    assert info.config.history[0].comment == "by hand"
    assert abs(info.created_ns - rooms.events[-1].time_ns) < 60 * 10**9


async def test_imports_that_stall_hold_up_no_other(rooms) -> None:
    async def stalling() -> AsyncIterator[bytes]:
        yield BASE[:512]
        await anyio.sleep_forever()

    async def imported(content: AsyncIterator[bytes], name: str) -> None:
        assert [step async for step in rooms.images.import_archive(content, ImportRequest(name, "1"))]

    async with anyio.create_task_group() as stalled:
        for number in range(os.cpu_count() or 1):
            stalled.start_soon(imported, stalling(), f"stalled{number}")
        with anyio.fail_after(30):
            while rooms.images.context.unpacker.takes_streams:
                await anyio.sleep(0.01)
            await imported(pieces(BASE), "whole")
        stalled.cancel_scope.cancel()
    assert (await rooms.images.inspect("whole:1")).size == 1000
    assert len(await rooms.images.list(ImageListRequest())) == 1


async def test_a_saved_configuration_is_as_old_as_its_image(rooms, pulled: str) -> None:
    with tarfile.open(fileobj=io.BytesIO(await saved(rooms, pulled))) as archive:
        times = {member.name: member.mtime for member in archive}
    config = times.pop(f"blobs/sha256/{IMAGE.id[7:]}")
    assert config == datetime.fromisoformat((await rooms.images.inspect(pulled)).config.created[:19] + "+00:00").timestamp()
    assert set(times.values()) == {0}, "what has no time of its own is the same in every archive"
