"""Several platforms under one name: kept, shown, saved, loaded and removed one by one."""

import io
import json
import tarfile
from collections.abc import AsyncIterator

import pytest

from sdk.drivers.registry import Credentials, RegistryBackend
from sdk.engine.images import ImageListRequest, ManifestKind, Removal
from sdk.errors import Conflict, InvalidArgument, NotFound
from sdk.oci.descriptor import Platform, host
from sdk.oci.reference import parse_reference
from sdk.testing.distribution import RunningRegistry
from sdk.testing.images import MadeImage, make_image, make_tar, push_index

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

HERE, ARM, POWER = host(), Platform("arm", variant="v7"), Platform("ppc64le")
SHARED = make_tar({"shared": b"x" * 1000})
IMAGES: dict[Platform, MadeImage] = {
    platform: make_image([SHARED, make_tar({"platform": str(platform).encode()})], platform=platform)
    for platform in (ARM, HERE, POWER)
}


@pytest.fixture
async def name(hub: RegistryBackend, docker_registry: RunningRegistry) -> str:
    reference = f"{docker_registry.address}/platforms/app:1"
    await push_index(hub, parse_reference(reference), IMAGES)
    return reference


async def ids(rooms) -> set[str]:
    return {image.id for image in rooms.store}


async def saved(rooms, *refs: str, platforms: tuple[Platform, ...] = ()) -> bytes:
    return b"".join([chunk async for chunk in rooms.images.save(refs, platforms)])


async def load(rooms, content: bytes, *platforms: Platform) -> list[str]:
    async def pieces() -> AsyncIterator[bytes]:
        yield content

    return [step.stream async for step in rooms.images.load(pieces(), quiet=True, platforms=platforms)]


@pytest.mark.parametrize("order", [(ARM, HERE), (HERE, ARM), (None, ARM)])
async def test_platforms_of_one_index_are_kept_side_by_side(rooms, name: str, order: tuple[Platform | None, ...]) -> None:
    for platform in order:
        await rooms.pull(name, platform=platform)
    assert await ids(rooms) == {IMAGES[ARM].id, IMAGES[HERE].id}
    (listed,) = await rooms.images.list(ImageListRequest())
    assert (listed.id, listed.tags) == (IMAGES[HERE].id, (name,))
    assert (await rooms.images.inspect(name)).id == IMAGES[HERE].id
    for platform in (ARM, HERE):
        info = await rooms.images.inspect(name, platform=platform)
        assert (info.id, info.tags, info.config.architecture) == (IMAGES[platform].id, (name,), platform.architecture)
        assert len(await rooms.images.history(name, platform=platform)) == 2
    with pytest.raises(
        NotFound, match=r"was found but its platform \(.*\) does not match the specified platform \(linux/ppc64le\)"
    ):
        await rooms.images.inspect(name, platform=POWER)
    steps = await rooms.pull(name, platform=ARM)
    assert steps[-1].status == f"Status: Image is up to date for {name}"


async def test_a_foreign_platform_alone_is_what_the_name_stands_for(rooms, name: str) -> None:
    await rooms.pull(name, platform=POWER)
    assert (await rooms.images.inspect(name)).id == IMAGES[POWER].id
    await rooms.pull(name, platform=ARM)
    assert (await rooms.images.inspect(name)).id == IMAGES[ARM].id


async def test_they_outlive_the_engine(rooms, name: str, reopened) -> None:
    for platform in (HERE, ARM):
        await rooms.pull(name, platform=platform)
    rooms.close()
    again = reopened()
    assert (await again.images.inspect(name, platform=ARM)).id == IMAGES[ARM].id
    assert (await again.images.prune({}))[0] == []
    assert len(await ids(again)) == 2


async def test_another_index_under_the_name_leaves_the_old_platforms_nameless(rooms, name: str, hub: RegistryBackend) -> None:
    for platform in (HERE, ARM):
        await rooms.pull(name, platform=platform)
    newer = {HERE: make_image([make_tar({"newer": b""})]), ARM: IMAGES[ARM]}
    await push_index(hub, parse_reference(name), newer)
    await rooms.pull(name)
    await rooms.images.remove(
        f"{name.rpartition(':')[0]}@{(await rooms.images.inspect(IMAGES[HERE].id)).digests[0].partition('@')[2]}"
    )
    assert (await rooms.images.inspect(name)).id == newer[HERE].id
    with pytest.raises(NotFound):
        await rooms.images.inspect(name, platform=ARM)
    await rooms.images.prune({})
    assert await ids(rooms) == {newer[HERE].id}


async def test_manifests_tell_what_is_here_of_an_index(rooms, name: str) -> None:
    await rooms.pull(name)
    await rooms.pull(name, platform=ARM)
    rooms.users[IMAGES[ARM].id] = [("c" * 64, False)]
    info = await rooms.images.inspect(name, manifests=True)
    assert info.descriptor.digest == info.digests[0].partition("@")[2]
    assert [(each.platform, each.available, each.kind) for each in info.manifests] == [
        (ARM, True, ManifestKind.IMAGE),
        (HERE, True, ManifestKind.IMAGE),
        (POWER, False, ManifestKind.IMAGE),
    ]
    arm, here, power = info.manifests
    assert (arm.containers, here.containers, power.containers) == (("c" * 64,), (), ())
    assert (arm.descriptor.digest, power.content_size, power.unpacked_size) == (IMAGES[ARM].descriptor.digest, 0, 0)
    assert arm.content_size == len(IMAGES[ARM].manifest) + sum(len(content) for _, content in IMAGES[ARM].blobs)
    assert arm.unpacked_size == rooms.store.get(IMAGES[ARM].id).record.size
    assert (await rooms.images.inspect(name)).manifests is None
    (listed,) = await rooms.images.list(ImageListRequest(manifests=True))
    assert listed.manifests == info.manifests


async def test_a_name_goes_with_all_its_platforms(rooms, name: str) -> None:
    for platform in IMAGES:
        await rooms.pull(name, platform=platform)
    removals = await rooms.images.remove(name)
    assert {removal.deleted for removal in removals} >= {image.id for image in IMAGES.values()}
    assert await ids(rooms) == set()
    assert list(await rooms.storage.list()) == []
    assert rooms.store.content.digests() == set()


async def test_a_container_of_any_platform_holds_the_name(rooms, name: str) -> None:
    for platform in (HERE, ARM):
        await rooms.pull(name, platform=platform)
    rooms.users[IMAGES[ARM].id] = [("c" * 64, False)]
    with pytest.raises(Conflict, match="container cccccccccccc is using its referenced image"):
        await rooms.images.remove(name)
    await rooms.images.remove(name, force=True)
    assert await ids(rooms) == {IMAGES[ARM].id}
    (listed,) = await rooms.images.list(ImageListRequest())
    assert (listed.id, listed.tags) == (IMAGES[ARM].id, ())


async def test_another_tag_stands_for_all_platforms_too(rooms, name: str) -> None:
    for platform in (HERE, ARM):
        await rooms.pull(name, platform=platform)
    await rooms.images.tag(name, "other", "1")
    await rooms.images.remove(name)
    assert (await rooms.images.inspect("other:1", platform=ARM)).id == IMAGES[ARM].id
    await rooms.images.remove("other:1")
    assert await ids(rooms) == set()


async def test_a_platform_is_removed_and_the_name_stays(rooms, name: str) -> None:
    for platform in IMAGES:
        await rooms.pull(name, platform=platform)
    rooms.users[IMAGES[ARM].id] = [("c" * 64, True)]
    with pytest.raises(Conflict, match="is being used by running container cccccccccccc"):
        await rooms.images.remove(name, platforms=(POWER, ARM), force=True)
    assert len(await ids(rooms)) == 3
    rooms.users.clear()
    removals = await rooms.images.remove(name, platforms=(HERE,))
    assert removals[0] == Removal(deleted=IMAGES[HERE].id)
    assert len(removals) == 2, "the layer that others have stays"
    assert (await rooms.images.inspect(name)).id in (IMAGES[ARM].id, IMAGES[POWER].id)
    with pytest.raises(NotFound, match="does not match the specified platform"):
        await rooms.images.remove(name, platforms=(HERE,))
    assert Removal(untagged=name) in await rooms.images.remove(name, platforms=(ARM, POWER))
    assert await ids(rooms) == set()


@pytest.mark.parametrize("asked", [(), (ARM,), (ARM, HERE)])
async def test_platforms_are_saved_and_loaded(rooms, empty_rooms, name: str, asked: tuple[Platform, ...]) -> None:
    for platform in (ARM, HERE):
        await rooms.pull(name, platform=platform)
    archive = await saved(rooms, name, platforms=asked)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        entries = json.load(tar.extractfile("manifest.json"))
        (target,) = json.load(tar.extractfile("index.json"))["manifests"]
    assert {entry["Config"].rpartition("/")[2] for entry in entries} == {IMAGES[each].id[7:] for each in asked or (ARM, HERE)}
    assert (target["mediaType"].endswith("index.v1+json")) is (len(asked) != 1)
    assert await load(empty_rooms, archive) == [f"Loaded image: {name}\n"]
    assert await ids(empty_rooms) == {IMAGES[each].id for each in asked or (ARM, HERE)}
    primary = HERE if HERE in (asked or (HERE,)) else ARM
    assert (await empty_rooms.images.inspect(name)).id == IMAGES[primary].id
    assert (await empty_rooms.images.inspect(name, platform=ARM)).id == IMAGES[ARM].id
    assert len(await empty_rooms.images.list(ImageListRequest())) == 1


async def test_of_an_archive_the_platforms_asked_for_are_loaded(rooms, empty_rooms, name: str) -> None:
    for platform in IMAGES:
        await rooms.pull(name, platform=platform)
    archive = await saved(rooms, name)
    await load(empty_rooms, archive, ARM, POWER)
    assert await ids(empty_rooms) == {IMAGES[ARM].id, IMAGES[POWER].id}
    await load(empty_rooms, archive, HERE)
    assert (await empty_rooms.images.inspect(name)).id == IMAGES[HERE].id
    assert len(await empty_rooms.images.list(ImageListRequest())) == 1
    with pytest.raises(InvalidArgument, match=r"does not provide the specified platform \(linux/s390x\)"):
        await load(empty_rooms, archive, Platform("s390x"))


async def test_what_is_not_kept_cannot_be_saved(rooms, name: str) -> None:
    await rooms.pull(name)
    with pytest.raises(NotFound, match="does not match the specified platform"):
        await saved(rooms, name, platforms=(POWER,))


async def test_a_layout_brings_the_platforms_that_are_whole(rooms, empty_rooms, name: str) -> None:
    for platform in IMAGES:
        await rooms.pull(name, platform=platform)
    missing = {descriptor.digest[7:] for descriptor, _content in IMAGES[POWER].blobs[2:]}
    with tarfile.open(fileobj=io.BytesIO(await saved(rooms, name))) as tar:
        files = {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}
    kept = {path: content for path, content in files.items() if path != "manifest.json" and path.rpartition("/")[2] not in missing}
    await load(empty_rooms, make_tar(kept))
    assert await ids(empty_rooms) == {IMAGES[ARM].id, IMAGES[HERE].id}
    manifests = (await empty_rooms.images.inspect(name, manifests=True)).manifests
    assert sorted((str(each.platform), each.available) for each in manifests) == sorted(
        [(str(ARM), True), (str(HERE), True), (str(POWER), False)]
    )


async def test_a_platform_is_pushed_by_itself(rooms, name: str, hub: RegistryBackend, docker_registry: RunningRegistry) -> None:
    for platform in (ARM, HERE):
        await rooms.pull(name, platform=platform)
    target = f"{docker_registry.address}/platforms/pushed"
    await rooms.images.tag(name, target, "1")
    for asked, expected in ((ARM, ARM), (None, HERE)):
        _ = [step async for step in rooms.images.push(target, "1", Credentials(), asked)]
        assert (await hub.resolve(parse_reference(f"{target}:1"), Credentials())).content == IMAGES[expected].manifest
    with pytest.raises(NotFound, match="does not match the specified platform"):
        _ = [step async for step in rooms.images.push(target, "1", Credentials(), POWER)]


async def test_pruning_takes_all_platforms_of_a_name_or_none(rooms, name: str) -> None:
    for platform in (ARM, HERE):
        await rooms.pull(name, platform=platform)
    for user in (ARM, HERE):
        rooms.users[IMAGES[user].id] = [("c" * 64, False)]
        assert (await rooms.images.prune({"dangling": ("false",)}))[0] == []
        assert len(await ids(rooms)) == 2
        rooms.users.clear()
    await rooms.images.prune({"dangling": ("false",)})
    assert await ids(rooms) == set()


async def test_ancestors_are_of_all_platforms(rooms, name: str) -> None:
    for platform in (ARM, HERE):
        await rooms.pull(name, platform=platform)
    assert rooms.store.descendants(name) == {IMAGES[ARM].id, IMAGES[HERE].id}


async def test_a_list_counts_the_containers_of_all_platforms(rooms, name: str) -> None:
    for platform in (ARM, HERE):
        await rooms.pull(name, platform=platform)
        rooms.users[IMAGES[platform].id] = [(platform.architecture[0] * 64, False)]
    (listed,) = await rooms.images.list(ImageListRequest())
    assert listed.containers == 2


@pytest.mark.parametrize(
    ("pulled", "asked", "expected"),
    [
        ((HERE, ARM, POWER), None, None),
        ((HERE, ARM), None, HERE),
        ((POWER,), None, POWER),
        ((HERE, ARM, POWER), ARM, ARM),
    ],
)
async def test_a_push_sends_all_platforms_where_all_are_here_or_else_one(
    rooms, name: str, hub: RegistryBackend, pulled: tuple[Platform, ...], asked: Platform | None, expected: Platform | None
) -> None:
    for platform in pulled:
        await rooms.pull(name, platform=platform)
    before = await hub.resolve(parse_reference(name), Credentials())
    copy = name.replace("platforms/app", "platforms/copy")
    await rooms.images.tag(name, copy.rpartition(":")[0], "1")
    steps = [step async for step in rooms.images.push(copy, "", Credentials(), platform=asked)]
    after = await hub.resolve(parse_reference(copy), Credentials())
    wanted = before.descriptor if expected is None else IMAGES[expected].descriptor
    assert (after.descriptor.digest, after.descriptor.size) == (wanted.digest, wanted.size)
    assert steps[-1].aux == {"Tag": "1", "Digest": wanted.digest, "Size": wanted.size}
    if expected is None:
        for image in IMAGES.values():
            exact = f"{copy.rpartition(':')[0]}@{image.descriptor.digest}"
            assert (await hub.resolve(parse_reference(exact), Credentials())).content == image.manifest


async def test_layers_whose_archives_are_gone_are_sent_again_and_the_index_names_what_they_have_become(
    slim_rooms, name: str, hub: RegistryBackend, docker_registry: RunningRegistry
) -> None:
    for platform in IMAGES:
        await slim_rooms.pull(name, platform=platform)
    for image_id in await ids(slim_rooms):  # as if they came from elsewhere: this registry cannot be asked for their archives
        for reference in slim_rooms.store.names(image_id):
            if reference.digest:
                slim_rooms.store.untag(reference)
    copy = name.replace("platforms/app", "platforms/repacked")
    await slim_rooms.images.tag(name, copy.rpartition(":")[0], "1")
    async for _step in slim_rooms.images.push(copy, "", Credentials()):
        pass
    index = json.loads((await hub.resolve(parse_reference(copy), Credentials())).content)
    assert [entry["platform"]["architecture"] for entry in index["manifests"]] == [platform.architecture for platform in IMAGES]
    for entry in index["manifests"]:
        assert entry["digest"] not in {image.descriptor.digest for image in IMAGES.values()}
        exact = f"{docker_registry.address}/platforms/repacked@{entry['digest']}"
        assert len((await hub.resolve(parse_reference(exact), Credentials())).content) == entry["size"]
