"""rmi and prune: Docker's rules about names and users, and that what nothing holds is really gone."""

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import msgspec
import pytest

from sdk.drivers.registry import RegistryBackend
from sdk.engine.images import ImageListRequest, ImportRequest, Removal
from sdk.errors import Conflict, InvalidArgument, NoSuchImage, NotFound
from sdk.oci.reference import parse_reference
from sdk.testing.distribution import RunningRegistry
from sdk.testing.images import make_image, make_tar

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

CONTAINER, OTHER = "c" * 64, "d" * 64


async def made(rooms, name: str, content: bytes = b"x", *changes: str) -> str:
    """Make an image of one layer and return its ID."""

    async def tar() -> AsyncIterator[bytes]:
        yield make_tar({"file": content})

    repository, _, tag = name.partition(":")
    steps = rooms.images.import_archive(tar(), ImportRequest(repository=repository, tag=tag, changes=tuple(changes)))
    return [step.status async for step in steps][-1]


async def test_the_last_name_takes_the_image_and_its_layers_along(rooms, disk: Path) -> None:
    image = await made(rooms, "one:1")
    chain = rooms.store.get(image).chain_id
    assert await rooms.images.remove("one:1") == [Removal(untagged="one:1"), Removal(deleted=image), Removal(deleted=chain)]
    assert [event.action for event in rooms.events[-2:]] == ["untag", "delete"]
    with pytest.raises(NoSuchImage, match="No such image: one:1"):
        await rooms.images.inspect("one:1")
    assert list(await rooms.storage.list()) == []
    assert list((disk / "content" / "blobs" / "sha256").iterdir()) == []


async def test_another_name_keeps_the_image(rooms) -> None:
    image = await made(rooms, "one:1")
    await rooms.images.tag("one:1", "two", "2")
    assert await rooms.images.remove("one:1") == [Removal(untagged="one:1")]
    assert (await rooms.images.inspect(image)).tags == ("two:2",)


async def test_by_id_with_names_in_several_repositories_it_must_be_forced(rooms) -> None:
    image = await made(rooms, "one:1")
    await rooms.images.tag("one:1", "two", "2")
    with pytest.raises(Conflict) as caught:
        await rooms.images.remove(image[7:19])
    assert caught.value.message == (
        f"conflict: unable to delete {image[7:19]} (must be forced) - image is referenced in multiple repositories"
    )
    removals = await rooms.images.remove(image[7:19], force=True)
    assert removals[:3] == [Removal(untagged="one:1"), Removal(untagged="two:2"), Removal(deleted=image)]


async def test_a_stopped_container_holds_the_name_and_the_image(rooms) -> None:
    image = await made(rooms, "one:1")
    rooms.users[image] = [(CONTAINER, False)]
    with pytest.raises(Conflict) as caught:
        await rooms.images.remove("one:1")
    assert caught.value.message == (
        f'conflict: unable to remove repository reference "one:1" (must force) - '
        f"container {CONTAINER[:12]} is using its referenced image {image[7:19]}"
    )
    with pytest.raises(Conflict, match=rf"\(must be forced\) - image is being used by stopped container {CONTAINER[:12]}"):
        await rooms.images.remove(image)
    assert Removal(deleted=image) in await rooms.images.remove("one:1", force=True)


async def test_a_running_container_holds_the_image_against_force(rooms) -> None:
    image = await made(rooms, "one:1")
    rooms.users[image] = [(OTHER, False), (CONTAINER, True)]
    with pytest.raises(Conflict, match=rf"\(cannot be forced\) - image is being used by running container {CONTAINER[:12]}"):
        await rooms.images.remove(image, force=True)
    assert await rooms.images.remove("one:1", force=True) == [Removal(untagged="one:1")]
    assert (await rooms.images.inspect(image)).tags == ()


async def test_layers_a_container_stands_on_stay(rooms) -> None:
    image = await made(rooms, "one:1")
    chain = rooms.store.get(image).chain_id
    await rooms.storage.prepare(CONTAINER, parent=chain)
    removals = await rooms.images.remove("one:1", force=True)
    assert removals == [Removal(untagged="one:1"), Removal(deleted=image)]
    assert await rooms.storage.mounts(CONTAINER)
    await rooms.storage.remove(CONTAINER)
    removals, freed = await rooms.images.prune({})
    assert (removals, freed > 0) == ([], True)
    assert list(await rooms.storage.list()) == []


async def test_a_layer_two_images_share_stays_until_both_are_gone(
    rooms, hub: RegistryBackend, docker_registry: RunningRegistry
) -> None:
    shared, own = make_tar({"shared": b"s"}), make_tar({"own": b"o"})
    names = [f"{docker_registry.address}/shared/{number}:x" for number in (1, 2)]
    for name, layers in zip(names, ((shared,), (shared, own)), strict=True):
        await make_image(layers).push(hub, parse_reference(name))
        await rooms.pull(name)
    base = rooms.store.find(names[0]).chain_id
    assert Removal(deleted=base) not in await rooms.images.remove(names[0])
    assert [removal for removal in await rooms.images.remove(names[1]) if removal == Removal(deleted=base)]
    assert list(await rooms.storage.list()) == []


async def test_the_last_tag_takes_the_digests_of_its_repository_along(
    rooms, hub: RegistryBackend, docker_registry: RunningRegistry
) -> None:
    name = f"{docker_registry.address}/digests"
    image = make_image((make_tar({"a": b"a"}),))
    await image.push(hub, parse_reference(name))
    await rooms.pull(name)
    removals = await rooms.images.remove(name)
    assert removals[:3] == [
        Removal(untagged=f"{name}:latest"),
        Removal(untagged=f"{name}@{image.descriptor.digest}"),
        Removal(deleted=image.id),
    ]


async def test_prune_takes_the_nameless_and_with_all_the_unused(rooms) -> None:
    nameless = await made(rooms, "moved:1", b"1" * 3000)
    kept = await made(rooms, "moved:1", b"2")
    used = await made(rooms, "used:1", b"3")
    rooms.users[used] = [(CONTAINER, False)]
    before = (await rooms.images.disk()).total
    removals, freed = await rooms.images.prune({})
    assert (removals[0], freed) == (Removal(deleted=nameless), before - (await rooms.images.disk()).total)
    assert freed > 3000
    removals, _freed = await rooms.images.prune({"dangling": ("false",)})
    assert removals[:2] == [Removal(untagged="moved:1"), Removal(deleted=kept)]
    assert [image.id for image in rooms.store] == [used]
    assert rooms.events[-1].action == "prune"


@pytest.mark.parametrize("running", [False, True])
async def test_prune_leaves_an_image_in_use_the_last_of_its_names(rooms, running: bool) -> None:
    used = await made(rooms, "used:latest", b"3")
    for tag in ("h", "z", "a"):
        await rooms.images.tag("used:latest", "used", tag)
    rooms.users[used] = [(CONTAINER, running)]
    assert (await rooms.images.prune({"dangling": ("false",), "unused-for": ("0s",)}))[0] == []
    assert (await rooms.images.prune({}))[0] == []
    removals, freed = await rooms.images.prune({"dangling": ("false",)})
    assert (removals, freed) == ([Removal(untagged=f"used:{tag}") for tag in ("a", "h", "latest")], 0)
    assert (await rooms.images.prune({"dangling": ("false",)}))[0] == []
    assert (await rooms.images.inspect(used)).tags == ("used:z",)


async def test_prune_filters(rooms) -> None:
    labelled = await made(rooms, "a:1", b"1", "LABEL keep=yes")
    await made(rooms, "b:1", b"2")
    await rooms.images.prune({"dangling": ("false",), "label!": ("keep",)})
    assert [image.id for image in rooms.store] == [labelled]
    await rooms.images.prune({"dangling": ("false",), "until": ("24h",)})
    assert [image.id for image in rooms.store] == [labelled]
    with pytest.raises(InvalidArgument, match="invalid filter 'name'"):
        await rooms.images.prune({"name": ("x",)})


async def test_removal_while_the_same_layers_are_pulled(rooms, hub: RegistryBackend, docker_registry: RunningRegistry) -> None:
    one, two = f"{docker_registry.address}/again/one", f"{docker_registry.address}/again/two"
    layers = [make_tar({f"file{number}": bytes([number]) * 100_000}) for number in range(4)]
    await make_image(layers).push(hub, parse_reference(one))
    await make_image([*layers, make_tar({"own": b"o"})]).push(hub, parse_reference(two))
    for delay in (0, 0.005, 0.02, 0.05, 0.1):
        await rooms.pull(one)
        async with anyio.create_task_group() as group:
            group.start_soon(rooms.pull, two)
            await anyio.sleep(delay)
            await rooms.images.remove(one)
        kept = rooms.store.find(two)
        assert set(kept.chains) == {info.name for info in await rooms.storage.list()} == set(rooms.store.layers)
        for blob in kept.record.blobs:
            rooms.store.content.read(blob)
        await rooms.images.remove(two)
        assert list(await rooms.storage.list()) == []


async def test_ambiguous_and_unknown_prefixes(rooms) -> None:
    images = [await made(rooms, f"image:{number}", bytes([number])) for number in range(20)]
    digits = [image[7] for image in images]
    twice = next(digit for digit in digits if digits.count(digit) > 1)
    with pytest.raises(NotFound, match="ambiguous reference"):
        await rooms.images.remove(twice)
    with pytest.raises(NoSuchImage, match="No such image: 0123456789ab:latest"):
        await rooms.images.remove("0123456789ab")


async def test_the_name_of_a_base_goes_without_a_word_and_the_base_with_its_last_child(rooms) -> None:
    base, child = await made(rooms, "base:1"), await made(rooms, "child:1", b"y")
    rooms.store.add(child, msgspec.structs.replace(rooms.store.get(child).record, parent=base))
    for force in (False, True):
        assert await rooms.images.remove("base:1", force=force) == [Removal(untagged="base:1")]
        await rooms.images.tag(base, "base", "1")
    await rooms.images.remove("base:1")
    with pytest.raises(Conflict, match=r"\(cannot be forced\) - image has dependent child images"):
        await rooms.images.remove(base, force=True)
    removals = await rooms.images.remove("child:1")
    assert [removal.deleted for removal in removals[1:3]] == [child, base]


@pytest.mark.parametrize("name", ["sha256", "sha512", "docker.io/library/sha256"])
async def test_a_name_that_reads_as_a_digest_is_refused(rooms, name: str) -> None:
    await made(rooms, "one:1")
    with pytest.raises(InvalidArgument, match="refusing to create an ambiguous tag using digest algorithm as name"):
        await rooms.images.tag("one:1", name, "some")
    with pytest.raises(InvalidArgument, match="ambiguous"):
        await made(rooms, f"{name}:1")
    assert [info.tags for info in await rooms.images.list(ImageListRequest())] == [("one:1",)]
