"""Pulling from a real registry into a real overlay store."""

import os
import stat
import subprocess
from pathlib import Path

import anyio
import pytest

from sdk.drivers.registry import RegistryBackend
from sdk.drivers.storage import SnapshotKind
from sdk.engine.images import ImageListRequest, Progress, PullRequest
from sdk.errors import InvalidArgument, NotFound
from sdk.oci.descriptor import DOCKER_MANIFEST, OCI_LAYER, OCI_LAYER_ZSTD, Platform
from sdk.oci.image import ExecutionConfig
from sdk.oci.reference import parse_reference
from sdk.testing.distribution import RunningRegistry
from sdk.testing.images import make_image, make_tar, push_index

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

BASE = make_tar({"etc/": None, "etc/passwd": b"root:x:0:0::/:/bin/sh\n", "etc/old": b"old", "opt/": None, "opt/a": b"a" * 100_000})
TOP = make_tar({"etc/.wh.old": b"", "opt/.wh..wh..opq": b"", "opt/b": b"b"})


def made(*layers: bytes, label: str = "x"):
    return make_image(layers or (BASE, TOP), ExecutionConfig(cmd=("/bin/sh",), labels={"test": label}))


async def test_a_pull_reports_like_dockers_and_stores_the_image(
    rooms, hub: RegistryBackend, docker_registry: RunningRegistry
) -> None:
    name = f"{docker_registry.address}/pull/first"
    image = made()
    await image.push(hub, parse_reference(name))
    steps = await rooms.pull(f"{name}:latest")
    layers = [descriptor.digest[7:19] for descriptor, _blob in image.blobs[1:]]
    assert steps[0] == Progress("Pulling from pull/first", "latest")
    assert [step for step in steps if step.status == "Pulling fs layer"] == [
        Progress("Pulling fs layer", layer) for layer in layers
    ]
    for layer in layers:
        said = [step.status for step in steps if step.id == layer and step.status not in ("Downloading", "Extracting")]
        assert said == ["Pulling fs layer", "Verifying Checksum", "Download complete", "Pull complete"]
    assert [step.status for step in steps[-2:]] == [
        f"Digest: {image.descriptor.digest}",
        f"Status: Downloaded newer image for {name}:latest",
    ]
    info = await rooms.images.inspect(name)
    assert (info.id, info.tags, info.digests) == (image.id, (f"{name}:latest",), (f"{name}@{image.descriptor.digest}",))
    assert info.descriptor == image.descriptor
    assert info.size == 100_000 + 22 + 3 + 1
    assert info.config.config.cmd == ("/bin/sh",)
    assert rooms.events[-1].action == "pull"
    assert rooms.events[-1].attributes["name"] == name


async def test_whiteouts_become_overlay_marks(rooms, hub: RegistryBackend, docker_registry: RunningRegistry, disk: Path) -> None:
    name = f"{docker_registry.address}/pull/whiteouts"
    await made().push(hub, parse_reference(name))
    await rooms.pull(name)
    marks = [path for path in disk.rglob("etc/old") if stat.S_ISCHR(path.lstat().st_mode)]
    assert len(marks) == 1
    opaque = [path for path in disk.rglob("opt") if _xattr(path, "trusted.overlay.opaque") == b"y"]
    assert len(opaque) == 1


def _xattr(path: Path, name: str) -> bytes | None:
    try:
        return os.getxattr(path, name)
    except OSError:
        return None


async def test_a_second_pull_is_up_to_date(rooms, hub: RegistryBackend, docker_registry: RunningRegistry) -> None:
    name = f"{docker_registry.address}/pull/again"
    await made().push(hub, parse_reference(name))
    await rooms.pull(name)
    before = await rooms.images.inspect(name)
    steps = await rooms.pull(name)
    assert [step.status for step in steps if step.id != "latest"][:2] == ["Already exists", "Already exists"]
    assert steps[-1].status == f"Status: Image is up to date for {name}:latest"
    assert await rooms.images.inspect(name) is before


async def test_a_moved_tag_leaves_the_old_image_without_a_tag(
    rooms, hub: RegistryBackend, docker_registry: RunningRegistry
) -> None:
    name = f"{docker_registry.address}/pull/moved"
    old, new = made(label="old"), made(label="new")
    await old.push(hub, parse_reference(name))
    await rooms.pull(name)
    await new.push(hub, parse_reference(name))
    steps = await rooms.pull(name)
    assert steps[-1].status == f"Status: Downloaded newer image for {name}:latest"
    dangling = await rooms.images.list(ImageListRequest(filters={"dangling": ("true",)}))
    assert [info.id for info in dangling] == [old.id]


async def test_a_pull_by_digest_gives_no_tag(rooms, hub: RegistryBackend, docker_registry: RunningRegistry) -> None:
    name = f"{docker_registry.address}/pull/digest"
    image = made()
    await image.push(hub, parse_reference(name))
    steps = await rooms.pull(f"{name}@{image.descriptor.digest}")
    assert steps[0] == Progress("Pulling from pull/digest", image.descriptor.digest)
    assert steps[-1].status == f"Status: Downloaded newer image for {name}@{image.descriptor.digest}"
    assert (await rooms.images.inspect(f"{name}@{image.descriptor.digest}")).tags == ()


async def test_an_index_is_resolved_to_the_platform(rooms, hub: RegistryBackend, docker_registry: RunningRegistry) -> None:
    name = f"{docker_registry.address}/pull/index"
    amd, arm = Platform("amd64"), Platform("arm64", variant="v8")
    images = {amd: make_image((BASE,), platform=amd), arm: make_image((TOP,), platform=arm)}
    index = await push_index(hub, parse_reference(name), images)
    steps = await rooms.pull(name, platform=Platform("arm64"))
    assert steps[-2].status == f"Digest: {index.digest}"
    info = await rooms.images.inspect(name)
    assert (info.id, info.digests) == (images[arm].id, (f"{name}@{index.digest}",))
    with pytest.raises(NotFound, match="no matching manifest for linux/s390x in the manifest list entries"):
        await rooms.pull(name, platform=Platform("s390x"))


async def test_all_tags_are_pulled(rooms, hub: RegistryBackend, docker_registry: RunningRegistry) -> None:
    name = f"{docker_registry.address}/pull/tags"
    for tag in ("a", "b"):
        await made(label=tag).push(hub, parse_reference(f"{name}:{tag}"))
    steps = await rooms.pull(name, all_tags=True)
    assert {step.id for step in steps if step.status.startswith("Pulling from")} == {"a", "b"}
    assert {tag for info in await rooms.images.list(ImageListRequest()) for tag in info.tags} == {f"{name}:a", f"{name}:b"}


async def test_errors_come_before_the_first_step(rooms, docker_registry: RunningRegistry) -> None:
    with pytest.raises(NotFound, match="manifest unknown: manifest unknown"):
        await anext(rooms.images.pull(PullRequest(f"{docker_registry.address}/pull/none")))
    with pytest.raises(InvalidArgument, match="must be lowercase"):
        await anext(rooms.images.pull(PullRequest(f"{docker_registry.address}/Pull")))


async def test_two_pulls_at_once_fetch_each_layer_once(rooms, hub: RegistryBackend, docker_registry: RunningRegistry) -> None:
    layers = [make_tar({f"file{number}": os.urandom(3 << 20)}) for number in range(4)]
    one, two = f"{docker_registry.address}/pull/one", f"{docker_registry.address}/pull/two"
    await make_image(layers).push(hub, parse_reference(one))
    await make_image([*layers, TOP]).push(hub, parse_reference(two))
    said: list[Progress] = []

    async def pull(name: str) -> None:
        said.extend(await rooms.pull(name))

    async with anyio.create_task_group() as group:
        group.start_soon(pull, one)
        group.start_soon(pull, two)
    assert sum(step.status == "Verifying Checksum" for step in said) == 5
    assert [info.kind for info in await rooms.storage.list()] == [SnapshotKind.COMMITTED] * 5


async def test_a_closed_pull_leaves_no_staged_directory(rooms, hub: RegistryBackend, docker_registry: RunningRegistry) -> None:
    name = f"{docker_registry.address}/pull/closed"
    await make_image([make_tar({f"file{number}": os.urandom(8 << 20)}) for number in range(4)]).push(hub, parse_reference(name))
    steps = rooms.images.pull(PullRequest(name))
    async for step in steps:
        if step.status == "Download complete":
            break
    await steps.aclose()
    assert not [info for info in await rooms.storage.list() if info.kind is SnapshotKind.STAGED]
    await rooms.pull(name)
    assert len(await rooms.storage.list()) == 4


@pytest.mark.parametrize("layer_type", [OCI_LAYER, OCI_LAYER_ZSTD])
async def test_other_compressions(rooms, hub: RegistryBackend, docker_registry: RunningRegistry, layer_type: str) -> None:
    name = f"{docker_registry.address}/pull/compressed"
    await make_image((BASE, TOP), layer_type=layer_type).push(hub, parse_reference(name))
    await rooms.pull(name)
    assert (await rooms.images.inspect(name)).size == 100_026


async def test_an_image_in_dockers_format_as_skopeo_copies_it(
    rooms, hub: RegistryBackend, docker_registry: RunningRegistry
) -> None:
    source, target = f"{docker_registry.address}/pull/source", f"{docker_registry.address}/pull/docker:v2s2"
    await made().push(hub, parse_reference(source))
    command = ["skopeo", "--insecure-policy", "copy", "--src-tls-verify=false", "--dest-tls-verify=false", "--format", "v2s2"]
    subprocess.run([*command, f"docker://{source}:latest", f"docker://{target}"], check=True, capture_output=True)
    await rooms.pull(target)
    info = await rooms.images.inspect(target)
    assert (info.size, info.descriptor.media_type) == (100_026, DOCKER_MANIFEST)
