"""Content by digest, whole or in part, stored or rebuilt."""

from collections.abc import AsyncGenerator
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import pytest

from core.images.content.store import ContentStore
from core.images.layers.blobs import Blobs
from core.images.layers.rebuild import Rebuilder
from core.images.layers.store import LayerRecord, Layers
from core.store.database import Database
from sdk.errors import DataLoss, NotFound
from sdk.oci.descriptor import OCI_LAYER, Descriptor
from sdk.oci.digest import digest_of

pytestmark = pytest.mark.anyio

TAR = bytes(range(256)) * 8
TAR_ID = digest_of(TAR)


class Rebuilding:
    """Gives one tar in pieces of 100 bytes and then, if it is damaged, an error; notes whether it was read to its end."""

    def __init__(self, content: ContentStore) -> None:
        self.content, self.damaged, self.ended = content, False, False

    async def tar(self, _chain: str, _record: LayerRecord) -> AsyncGenerator[bytes, None]:
        for start in range(0, len(TAR), 100):
            yield TAR[start : start + 100]
        self.ended = True
        if self.damaged:
            raise DataLoss("the layer's files are not what they were")

    async def store(self, _chain: str, _record: LayerRecord, _form: str, pins: ExitStack) -> Descriptor:
        pins.enter_context(self.content.pins.hold([TAR_ID]))
        await self.content.put(TAR)
        return Descriptor(OCI_LAYER, TAR_ID, len(TAR))


class World:
    def __init__(self, root: Path) -> None:
        self.content, self.layers = ContentStore(root / "content"), Layers(Database(root / "db"))
        self.rebuilding = Rebuilding(self.content)
        self.blobs = Blobs(self.content, self.layers, cast(Rebuilder, self.rebuilding))
        self.layers.put("chain", LayerRecord(TAR_ID, "", 5).with_recipe(digest_of(b"recipe"), len(TAR)))

    async def read(self, digest: str, *where: int) -> bytes:
        return b"".join([chunk async for chunk in self.blobs.read(digest, *where)])


@pytest.fixture(params=["stored", "rebuilt"])
async def world(tmp_path: Path, request: pytest.FixtureRequest) -> World:
    made = World(tmp_path)
    if request.param == "stored":
        await made.content.put(TAR)
    return made


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ((), TAR),
        ((0, 0), b""),
        ((0, 1), TAR[:1]),
        ((100,), TAR[100:]),
        ((99, 2), TAR[99:101]),
        ((150, 300), TAR[150:450]),
        ((len(TAR) - 1,), TAR[-1:]),
        ((len(TAR),), b""),
        ((5, 10_000), TAR[5:]),
    ],
)
async def test_any_part_of_a_blob_can_be_read(world: World, where: tuple[int, ...], expected: bytes) -> None:
    assert await world.read(TAR_ID, *where) == expected
    assert world.blobs.size(TAR_ID) == len(TAR)


async def test_what_is_not_here_is_not_found(world: World) -> None:
    missing = digest_of(b"missing")
    for work in (world.read(missing), world.read(missing, 0, 5)):
        with pytest.raises(NotFound, match="content sha256:"):
            await work
    with pytest.raises(NotFound):
        world.blobs.size(missing)


async def test_a_tar_whose_end_is_asked_for_is_verified(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.rebuilding.damaged = True
    assert await world.read(TAR_ID, 0, 50) == TAR[:50]
    assert not world.rebuilding.ended, "no more is made than is asked for"
    for where in ((), (100,), (0, len(TAR))):
        with pytest.raises(DataLoss):
            await world.read(TAR_ID, *where)


async def test_an_archive_is_the_one_that_is_stored_or_the_one_that_can_be_rebuilt(tmp_path: Path) -> None:
    world, known = World(tmp_path), Descriptor(OCI_LAYER, digest_of(b"blob"), 4)
    with ExitStack() as pins:
        assert await world.blobs.archive("unknown", pins) is None
        world.layers.put("bare", LayerRecord("d", "", 1, known))
        assert await world.blobs.archive("bare", pins) is None, "it was lost"
        await world.content.put(b"blob")
        assert await world.blobs.archive("bare", pins) == known
        assert await world.blobs.archive("chain", pins) == Descriptor(OCI_LAYER, TAR_ID, len(TAR))
        assert world.content.pins.held == {known.digest, TAR_ID}
    assert world.content.pins.held == frozenset()


async def test_a_tar_is_restored_where_it_can_be(tmp_path: Path) -> None:
    world = World(tmp_path)
    with ExitStack() as pins:
        await world.blobs.restore(digest_of(b"other"), pins)
        assert world.content.digests() == frozenset()
        await world.blobs.restore(TAR_ID, pins)
        assert (world.content.digests(), world.content.pins.held) == ({TAR_ID}, {TAR_ID})
        await world.blobs.restore(TAR_ID, pins)
