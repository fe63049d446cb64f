"""What nothing needs any more goes, and nothing else."""

from pathlib import Path
from typing import cast

import pytest

from core.images.disk import DiskMeter
from core.images.garbage import collect, find_garbage, needed_layers, remove_blob, sweep_dead_pulls
from core.images.hosted import HostedManifest
from core.images.layers.store import LayerRecord
from core.images.store import ImageStore
from sdk.drivers.storage import SnapshotKind, StorageDriver
from sdk.oci.descriptor import OCI_MANIFEST, Descriptor
from sdk.oci.digest import digest_of
from sdk.oci.reference import parse_reference
from sdk.testing.images import make_image, make_tar
from tests.unit.core.images.stores import Snapshots, layers_of, open_store, stored

pytestmark = pytest.mark.anyio

LAYERS = [make_tar({name: name.encode()}) for name in ("a", "b", "c")]
IMAGE, SHORTER = make_image(LAYERS), make_image(LAYERS[:2])
CHAINS = layers_of(LAYERS)


class World:
    def __init__(self, root: Path) -> None:
        self.images: ImageStore = open_store(root)
        self.snapshots = Snapshots()
        self.snapshots.committed = dict(zip(CHAINS, ["", *CHAINS], strict=False))

    @property
    def storage(self) -> StorageDriver:
        return cast(StorageDriver, self.snapshots)


@pytest.fixture
async def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    await stored(made.images, IMAGE, LAYERS, "app:1")
    await stored(made.images, SHORTER, LAYERS[:2], "shorter:1")
    return made


async def test_what_images_hold_stays(world: World) -> None:
    found = await find_garbage(world.images, world.storage)
    assert (found.layers, found.blobs) == ((), set())
    collected = await collect(world.images, world.storage)
    assert (collected.layers, collected.freed, world.snapshots.removed) == ((), 0, [])


async def test_a_removed_image_leaves_what_another_holds(world: World) -> None:
    world.images.forget(IMAGE.id)
    found = await find_garbage(world.images, world.storage)
    assert found.layers == (CHAINS[2],)
    assert found.blobs == {IMAGE.id, IMAGE.descriptor.digest}, "a layer's archive stays until its layer is gone"
    collected = await collect(world.images, world.storage)
    assert collected.layers == (CHAINS[2],)
    assert collected.freed >= len(LAYERS[2])
    assert world.images.content.digests() == {SHORTER.descriptor.digest, *(blob.digest for blob, _ in SHORTER.blobs)}


async def test_everything_goes_topmost_first(world: World) -> None:
    for image in (IMAGE, SHORTER):
        world.images.forget(image.id)
    assert (await collect(world.images, world.storage)).layers == tuple(reversed(CHAINS))
    assert world.snapshots.removed == list(reversed(CHAINS))
    assert world.images.content.digests() == frozenset()
    assert list(world.images.layers) == []


async def test_with_a_meter_the_disk_is_counted(world: World) -> None:
    world.images.forget(IMAGE.id)
    collected = await collect(world.images, world.storage, DiskMeter(world.images, world.storage))
    assert collected.freed >= 4096


async def test_what_a_container_stands_on_stays_with_all_below(world: World) -> None:
    for image in (IMAGE, SHORTER):
        world.images.forget(image.id)
    world.snapshots.others["container"] = (SnapshotKind.ACTIVE, CHAINS[1])
    assert needed_layers(world.images, await world.storage.list()) == set(CHAINS[:2])
    assert (await collect(world.images, world.storage)).layers == (CHAINS[2],)


@pytest.mark.parametrize("holder", ["pins", "cache"])
async def test_what_is_under_way_or_in_the_build_cache_stays(world: World, holder: str) -> None:
    for image in (IMAGE, SHORTER):
        world.images.forget(image.id)
    if holder == "cache":
        world.images.layers.kept = {CHAINS[0]}
        assert (await collect(world.images, world.storage)).layers == (CHAINS[2], CHAINS[1])
    else:
        with world.images.layers.pins.hold([CHAINS[0]]):
            assert (await collect(world.images, world.storage)).layers == (CHAINS[2], CHAINS[1])
        assert (await collect(world.images, world.storage)).layers == (CHAINS[0],)


async def test_a_layer_that_the_driver_will_not_give_up_stays_recorded(world: World) -> None:
    for image in (IMAGE, SHORTER):
        world.images.forget(image.id)
    world.snapshots.others["staged"] = (SnapshotKind.STAGED, CHAINS[2])
    assert (await collect(world.images, world.storage)).layers == ()
    assert set(world.images.layers) == set(CHAINS)


async def test_layers_that_only_one_side_knows_go_too(world: World) -> None:
    world.snapshots.committed["sha256:unrecorded"] = ""
    world.images.layers.put("sha256:lost", LayerRecord("sha256:lost", "", 5))
    assert set((await collect(world.images, world.storage)).layers) == {"sha256:unrecorded", "sha256:lost"}


async def test_a_stack_of_any_height_can_go(tmp_path: Path) -> None:
    """A client that could store it must be able to prune it."""
    world = World(tmp_path)
    names = [f"sha256:{number:04}" for number in range(3000)]
    world.snapshots.committed = dict(zip(names, ["", *names], strict=False))
    assert (await find_garbage(world.images, world.storage)).layers == tuple(reversed(names))


async def test_blobs_that_clients_pushed_here_and_recipes_stay(world: World) -> None:
    recipe, hosted, index = [await world.images.content.put(content) for content in (b"recipe", b"hosted", b"index")]
    pinned, free = [await world.images.content.put(content) for content in (b"pinned", b"free")]
    record = world.images.layers.get(CHAINS[0])
    assert record
    world.images.layers.put(CHAINS[0], record.with_recipe(recipe, 1))
    world.images.hosted.put(parse_reference("hosted"), HostedManifest(Descriptor(OCI_MANIFEST, hosted, 6), (hosted,)))
    world.images.point(parse_reference("app:1"), IMAGE.id, index)
    with world.images.content.pins.hold([pinned]):
        assert (await find_garbage(world.images, world.storage)).blobs == {free}
        assert await remove_blob(world.images, pinned) == 0
    assert await remove_blob(world.images, free) > 0
    assert await remove_blob(world.images, digest_of(b"never here")) == 0
    assert (await find_garbage(world.images, world.storage)).blobs == {pinned}


async def test_directories_of_dead_pulls_go_and_no_others(world: World) -> None:
    world.snapshots.others = {
        "layer-1": (SnapshotKind.STAGED, ""),
        "other": (SnapshotKind.STAGED, ""),
        "layer-2": (SnapshotKind.ACTIVE, ""),
    }
    await sweep_dead_pulls(world.storage)
    assert world.snapshots.removed == ["layer-1"]
