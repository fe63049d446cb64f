"""A layer's archive made into a recipe, and given back from the layer's files."""

import gzip
import io
import os
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import pytest

from core.images.content.store import ContentStore
from core.images.layers import rebuild as rebuild_module
from core.images.layers.rebuild import Rebuilder
from core.images.layers.store import LayerRecord, Layers
from core.store.database import Database
from sdk.drivers.storage import StorageDriver
from sdk.errors import DataLoss, NotFound
from sdk.oci.descriptor import OCI_LAYER, OCI_LAYER_GZIP, Descriptor
from sdk.oci.digest import digest_of
from sdk.testing.images import make_tar

pytestmark = [pytest.mark.anyio, pytest.mark.privileged]


def tar() -> bytes:
    return make_tar({"a": b"content", "b": os.urandom(5000)})


class Storage:
    """Snapshots whose files are all in one directory."""

    def __init__(self) -> None:
        self.prepared: list[str] = []

    async def prepare(self, key: str, *, parent: str) -> None:
        self.prepared.append(key)

    async def mounts(self, key: str, *, readonly: bool) -> Sequence[object]:
        assert readonly
        return []

    async def remove(self, key: str) -> None:
        self.prepared.remove(key)


class World:
    def __init__(self, root: Path, algorithm: str) -> None:
        self.files, self.tar = root / "files", tar()
        self.files.mkdir()
        with tarfile.open(fileobj=io.BytesIO(self.tar)) as archive:
            archive.extractall(self.files, filter="data")
        self.content, self.layers, self.storage = ContentStore(root / "content"), Layers(Database(root / "db")), Storage()
        self.rebuilder = Rebuilder(self.content, self.layers, cast(StorageDriver, self.storage))
        self.layers.put("chain", LayerRecord(digest_of(self.tar, algorithm), "", 5))

    @property
    def record(self) -> LayerRecord:
        found = self.layers.get("chain")
        assert found
        return found

    async def split(self, blob: bytes | None = None) -> None:
        digest = await self.content.put(self.tar if blob is None else blob)
        await self.rebuilder.split("chain", self.record, digest)
        await self.content.delete(digest)

    async def joined(self) -> bytes:
        return b"".join([piece async for piece in self.rebuilder.tar("chain", self.record)])


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World(tmp_path, getattr(request, "param", "sha256"))
    monkeypatch.setattr(rebuild_module, "detached", lambda _mounts: os.open(made.files, os.O_RDONLY | os.O_CLOEXEC))
    yield made
    assert made.storage.prepared == []
    assert list((made.content.directory / "ingest").iterdir()) == []


@pytest.mark.parametrize("form", [bytes, gzip.compress])
@pytest.mark.parametrize("world", ["sha256", "sha512"], indirect=True)
async def test_the_archive_comes_back_bit_by_bit(world: World, form) -> None:
    await world.split(form(world.tar))
    assert (world.record.tar_size, len(world.content.digests())) == (len(world.tar), 1)
    assert await world.joined() == world.tar


async def test_it_can_be_stored_again_plain_or_compressed(world: World) -> None:
    await world.split()
    with ExitStack() as pins:
        blob = await world.rebuilder.store("chain", world.record, "", pins)
        assert blob == Descriptor(OCI_LAYER, digest_of(world.tar), len(world.tar))
        assert world.content.pins.held == {blob.digest}
    async with world.rebuilder.gzipped("chain", world.record) as packed:
        assert packed.media_type == OCI_LAYER_GZIP
        assert gzip.decompress(world.content.path(packed.digest).read_bytes()) == world.tar


async def test_files_that_have_changed_give_no_archive(world: World) -> None:
    await world.split()
    (world.files / "a").write_bytes(b"changed")
    with pytest.raises(DataLoss, match="cannot be rebuilt: the layer's files are not what they were"):
        await world.joined()
    (world.files / "a").unlink()
    with pytest.raises(DataLoss) as raised:
        await world.joined()
    assert "Errno" not in raised.value.message


async def test_an_archive_of_other_content_makes_no_recipe(world: World) -> None:
    with pytest.raises(DataLoss, match="has changed: it gives sha"):
        await world.split(tar())
    with pytest.raises(DataLoss, match="cannot be taken apart: "):
        await world.split(b"not a tar" * 100)
    assert world.record.recipe == ""


async def test_without_a_recipe_there_is_nothing(world: World) -> None:
    with pytest.raises(NotFound, match="its archive is not here"):
        await world.joined()
