"""Archives that are exchanged for recipes, where they are not to be kept."""

import logging
from pathlib import Path
from typing import cast

import pytest

from core.images.dropping import Dropper
from core.images.hosted import HostedManifest
from core.images.layers.rebuild import Rebuilder
from core.images.layers.store import LayerRecord
from core.images.store import ImageStore
from sdk.errors import DataLoss
from sdk.oci.digest import digest_of
from sdk.oci.reference import parse_reference
from sdk.testing.images import make_image, make_tar
from tests.unit.core.images.stores import layers_of, open_store, stored

pytestmark = pytest.mark.anyio

LAYERS = [make_tar({name: name.encode()}) for name in ("a", "b")]
CHAINS = layers_of(LAYERS)
IMAGE, SHORT = make_image(LAYERS), make_image(LAYERS[:1])
ARCHIVES = [blob.digest for blob, _ in IMAGE.blobs[1:]]


class Splitting:
    """Makes a recipe of each archive but those of layers that cannot give it back."""

    def __init__(self, images: ImageStore) -> None:
        self.images, self.split_from, self.fails = images, list[tuple[str, str]](), set[str]()

    async def split(self, chain: str, record: LayerRecord, blob: str) -> None:
        if chain in self.fails:
            raise DataLoss("a member has no like among the files")
        self.split_from.append((chain, blob))
        recipe = await self.images.content.put(f"recipe of {chain}".encode())
        self.images.layers.put(chain, record.with_recipe(recipe, 1024))


class World:
    def __init__(self, root: Path, *, keep: bool) -> None:
        self.images = open_store(root)
        self.splitting = Splitting(self.images)
        self.dropper = Dropper(self.images, cast(Rebuilder, self.splitting), keep=keep)

    def archives(self) -> set[str]:
        return set(ARCHIVES) & self.images.content.digests()


@pytest.fixture
async def world(tmp_path: Path, request: pytest.FixtureRequest) -> World:
    made = World(tmp_path, keep=getattr(request, "param", False))
    await stored(made.images, IMAGE, LAYERS, "app:1")
    return made


async def test_archives_go_and_recipes_come(world: World) -> None:
    await world.dropper.drop([IMAGE.id])
    assert world.archives() == set()
    assert sorted(world.splitting.split_from) == sorted(zip(CHAINS, ARCHIVES, strict=True))
    assert {IMAGE.id, IMAGE.descriptor.digest} <= world.images.content.digests()
    await world.dropper.drop([IMAGE.id])
    assert len(world.splitting.split_from) == 2, "what is done is not done again"


@pytest.mark.parametrize("world", [True], indirect=True)
async def test_where_they_are_kept_nothing_goes(world: World) -> None:
    assert world.dropper.keeps
    await world.dropper.drop([IMAGE.id])
    await world.dropper.drop_all()
    await world.dropper.forget(ARCHIVES[0])
    assert world.archives() == set(ARCHIVES)


async def test_what_was_pushed_here_or_is_in_use_stays(world: World) -> None:
    world.images.hosted.put(parse_reference("app"), HostedManifest(IMAGE.descriptor, (ARCHIVES[0],)))
    with world.images.content.pins.hold([ARCHIVES[1]]):
        await world.dropper.drop([IMAGE.id])
        await world.dropper.forget(ARCHIVES[1])
        assert world.archives() == set(ARCHIVES)
        assert world.splitting.split_from == []
    await world.dropper.drop_all()
    assert world.archives() == {ARCHIVES[0]}


async def test_a_layer_that_cannot_give_its_archive_back_keeps_it(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.splitting.fails.add(CHAINS[0])
    with caplog.at_level(logging.WARNING):
        await world.dropper.drop([IMAGE.id])
    assert world.archives() == {ARCHIVES[0]}
    assert caplog.messages == [f"the archive of layer {CHAINS[0]} is kept: a member has no like among the files"]


async def test_with_a_recipe_an_archive_goes_at_once(world: World) -> None:
    record = world.images.layers.get(CHAINS[0])
    assert record
    world.images.layers.put(CHAINS[0], record.with_recipe(digest_of(b"recipe"), 1))
    await world.dropper.drop([IMAGE.id])
    assert world.archives() == set()
    assert [chain for chain, _ in world.splitting.split_from] == [CHAINS[1]]


async def test_both_archives_of_a_layer_go(world: World) -> None:
    """One that the image names, and one that the layer was last given away as."""
    record = world.images.layers.get(CHAINS[0])
    assert record
    assert record.blob
    other = type(record.blob)(record.blob.media_type, await world.images.content.put(b"another compression"), 19)
    world.images.layers.put(CHAINS[0], record.given_as(other))
    await world.dropper.drop([IMAGE.id])
    assert world.archives() == set()
    assert not world.images.content.exists(other.digest)


async def test_an_image_that_is_gone_or_damaged_costs_the_others_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    await stored(world.images, SHORT, LAYERS[:1], "short:1")
    world.images.content.path(IMAGE.descriptor.digest).write_bytes(b"{}")
    with caplog.at_level(logging.WARNING):
        await world.dropper.drop(["sha256:gone", IMAGE.id, SHORT.id])
    assert world.archives() == {ARCHIVES[1]}
    assert [message.split(" are kept")[0] for message in caplog.messages] == [
        "the archives of image sha256:gone",
        f"the archives of image {IMAGE.id}",
    ]


async def test_at_a_start_the_archives_of_all_layers_go_also_of_those_without_an_image(world: World) -> None:
    world.images.forget(IMAGE.id)
    await world.dropper.drop_all()
    assert world.archives() == set()


async def test_an_archive_that_was_rebuilt_for_one_reader_goes_again(world: World) -> None:
    rebuilt = await world.images.content.put(b"rebuilt")
    await world.dropper.forget(rebuilt)
    await world.dropper.forget(rebuilt)
    assert not world.images.content.exists(rebuilt)
