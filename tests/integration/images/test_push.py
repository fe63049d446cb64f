"""Pushing to a real registry, and looking at it from afar."""

import pytest

from sdk.drivers.registry import Credentials, RegistryBackend
from sdk.engine.images import Progress
from sdk.errors import NotFound
from sdk.oci.descriptor import Platform
from sdk.oci.reference import parse_reference
from sdk.testing.distribution import RunningRegistry
from sdk.testing.images import make_image, make_tar, push_index

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

IMAGE = make_image((make_tar({"a": b"a" * 100_000}), make_tar({"b": b"b"})))
ANYBODY = Credentials()


@pytest.fixture
async def pulled(rooms, hub: RegistryBackend, docker_registry: RunningRegistry) -> str:
    name = f"{docker_registry.address}/push/source:x"
    await IMAGE.push(hub, parse_reference(name))
    await rooms.pull(name)
    return name


async def pushed(rooms, name: str, tag: str) -> list[Progress]:
    return [step async for step in rooms.images.push(name, tag, ANYBODY)]


async def test_a_pushed_image_is_pulled_unchanged(rooms, empty_rooms, docker_registry: RunningRegistry) -> None:
    steps = [step async for step in rooms.images.load(_archive(), quiet=True)]
    assert steps[-1].stream == "Loaded image: fresh:1\n"
    name = f"{docker_registry.address}/push/fresh"
    await rooms.images.tag("fresh:1", name, "1")
    steps = await pushed(rooms, name, "1")
    info = await rooms.images.inspect(name + ":1")
    assert steps[0] == Progress(f"The push refers to repository [{name}]")
    assert [step.status for step in steps if step.status == "Pushed"] == ["Pushed"] * 1
    assert steps[-2].status == f"1: digest: {info.descriptor.digest} size: {info.descriptor.size}"
    assert steps[-1].aux == {"Tag": "1", "Digest": info.descriptor.digest, "Size": info.descriptor.size}
    await empty_rooms.pull(f"{name}:1")
    assert (await empty_rooms.images.inspect(f"{name}:1")).id == info.id


async def _archive():
    import io
    import json
    import tarfile

    layer = make_tar({"fresh": b"f" * 50_000})
    config = make_image((layer,)).blobs[0][1]
    manifest = json.dumps([{"Config": "c.json", "RepoTags": ["fresh:1"], "Layers": ["l.tar"]}]).encode()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in {"c.json": config, "l.tar": layer, "manifest.json": manifest}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    yield buffer.getvalue()


async def test_layers_that_are_there_are_not_sent(rooms, pulled: str) -> None:
    repository, _, tag = pulled.rpartition(":")
    steps = await pushed(rooms, repository, tag)
    assert sum(step.status == "Layer already exists" for step in steps) == 2


async def test_a_name_that_is_not_here(rooms) -> None:
    with pytest.raises(NotFound, match="An image does not exist locally with the tag: missing"):
        await pushed(rooms, "missing", "1")


async def test_distribution_tells_the_platforms(rooms, pulled: str, hub: RegistryBackend, docker_registry: RunningRegistry) -> None:
    single = await rooms.images.distribution(pulled, ANYBODY)
    assert single.descriptor == IMAGE.descriptor
    name = f"{docker_registry.address}/push/index:1"
    platforms = (Platform("amd64"), Platform("arm64", variant="v8"))
    index = await push_index(hub, parse_reference(name), {platform: make_image((), platform=platform) for platform in platforms})
    found = await rooms.images.distribution(name, ANYBODY)
    assert (found.descriptor, found.platforms) == (index, platforms)
