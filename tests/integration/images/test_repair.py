"""A store that was really damaged: what can be had again is, what cannot is named with the command that brings it, and what is whole is
not touched. The registry that the images came from runs, or does not."""

import json
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from random import Random

import msgspec
import pytest

from core.engine.repair.examine import examine
from core.images.layers.store import LayerRecord
from plugins.registry_hub.backend import HubBackend
from plugins.registry_hub.settings import HubSettings
from sdk.drivers.registry import RegistryBackend
from sdk.drivers.storage import SnapshotKind
from sdk.oci.digest import ChainID, chain_ids
from sdk.oci.image import ImageConfig
from sdk.oci.reference import parse_reference
from sdk.testing.distribution import RunningRegistry, serve_registry
from sdk.testing.images import MadeImage, make_image, make_tar
from tests.integration.images.conftest import Rooms, open_rooms

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

IMAGE = make_image((make_tar({"lower": b"l" * 70_000, "big": Random(1).randbytes(5 << 20)}), make_tar({"upper": b"u" * 100_000})))
SOUND = make_image((make_tar({"sound": b"s" * 100_000}),))
NAME, SOUND_NAME = "127.0.0.1:5000/image", "127.0.0.1:5000/sound"
PULL = f"docker pull {NAME}@{IMAGE.descriptor.digest}"
LOWER, UPPER = IMAGE.blobs[1][0].digest, IMAGE.blobs[2][0].digest


def chains(image: MadeImage) -> tuple[ChainID, ...]:
    return chain_ids(msgspec.json.decode(image.blobs[0][1], type=ImageConfig).rootfs.diff_ids)


BOTTOM, TOP = chains(IMAGE)
MENDED = "mended"
Online = Callable[[], AbstractContextManager[RunningRegistry]]


class Store:
    """What is damaged: the store on its disk, opened anew for every look."""

    def __init__(self, root: Path, registry: RegistryBackend) -> None:
        self.root = root
        self.registry = registry
        self.users: dict[str, list[tuple[str, bool]]] = {}

    @contextmanager
    def opened(self, *, keep_blobs: bool = True) -> Iterator[Rooms]:
        rooms = open_rooms(self.root, self.registry, keep_blobs=keep_blobs)
        rooms.users.update(self.users)
        try:
            yield rooms
        finally:
            rooms.close()

    async def pull(self, *names: str, keep_blobs: bool = True) -> None:
        with self.opened(keep_blobs=keep_blobs) as rooms:
            for name in names:
                await rooms.pull(name)

    async def examined(self, *, deep: bool = False, repair: bool = False) -> list[tuple[str, str, str]]:
        """Return kind, name and remedy of what is wrong; `mended` in its place."""
        with self.opened() as rooms:
            found = await examine(rooms.images.context, deep=deep, repair=repair)
        return [(each.finding.kind, each.finding.name, MENDED if each.is_mended else each.finding.remedy) for each in found]

    async def repaired(self, *, deep: bool = False) -> set[str]:
        """Repair it; return what became of all that was wrong."""
        return {remedy for _, _, remedy in await self.examined(deep=deep, repair=True)}

    async def files(self) -> dict[str, bytes | None]:
        """Return what a container of the image would find."""
        with self.opened() as rooms:
            await rooms.storage.prepare("look", parent=rooms.store.find(NAME).chain_id)
            found = {name: await rooms.storage.read_file("look", name, limit=1 << 24) for name in ("/lower", "/upper")}
            await rooms.storage.remove("look")
        return found

    async def is_well(self) -> bool:
        """Tell whether nothing is found any more, and the image runs and can be given away."""
        if await self.examined(deep=True) or await self.files() != {"/lower": b"l" * 70_000, "/upper": b"u" * 100_000}:
            return False
        with self.opened() as rooms:
            return len(b"".join([piece async for piece in rooms.images.save([NAME])])) > 5 << 20

    async def loaded_only(self) -> bytes:
        """Let the image be one that was loaded from an archive and is in no registry; return the archive."""
        with self.opened() as rooms:
            archive = b"".join([piece async for piece in rooms.images.save([NAME])])
            rooms.store.forget(IMAGE.id)
        await self.load(archive)
        return archive

    async def load(self, archive: bytes) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            yield archive

        with self.opened() as rooms:
            _ = [step async for step in rooms.images.load(pieces())]

    def archives(self) -> list[Path]:
        """Return where the archives of the image's layers are."""
        with self.opened() as rooms:
            records = [rooms.store.layers.get(chain) for chain in (BOTTOM, TOP)]
            return [self.blob(record.blob.digest) for record in records if record and record.blob]

    def blob(self, digest: str) -> Path:
        return self.root / "content" / "blobs" / "sha256" / digest.removeprefix("sha256:")

    def layer(self, chain: str) -> Path:
        return self.root / "storage" / "l" / chain.removeprefix("sha256:")[:16]

    def sound(self) -> dict[str, tuple[int, int, int]]:
        """Return what there is of the image nothing happens to: inode, size and time of change by path."""
        directory = self.layer(chains(SOUND)[0])
        parts = [self.blob(digest) for digest in (SOUND.descriptor.digest, *(blob.digest for blob, _ in SOUND.blobs))]
        states = {str(path): path.lstat() for path in (*parts, directory, *directory.rglob("*"))}
        return {path: (state.st_ino, state.st_size, state.st_mtime_ns) for path, state in states.items()}

    def execute(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.root / "core.db", isolation_level=None)) as database:
            database.execute(statement, values)


@pytest.fixture
def online(network: None, tmp_path: Path) -> Online:
    """The registry that images came from, for a block."""
    return lambda: serve_registry(tmp_path / "registry")


@pytest.fixture
async def store(disk: Path, online: Online) -> AsyncIterator[Store]:
    """A store with both images, and no registry."""
    hub = HubBackend(HubSettings(backoff=0.01, retries=0))
    with online():
        await IMAGE.push(hub, parse_reference(NAME))
        await SOUND.push(hub, parse_reference(SOUND_NAME))
        made = Store(disk, hub)
        await made.pull(NAME, SOUND_NAME)
    before = made.sound()
    yield made
    assert made.sound() == before
    await hub.close()


def truncate(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def flip(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1]))


async def test_a_store_that_is_whole_is_left_alone(store: Store) -> None:
    def kept() -> list[Path]:
        return sorted(path for path in store.root.rglob("*") if path.parent.name != "trash")  # that is emptied beside all else

    before = kept()
    assert await store.examined(deep=True, repair=True) == []
    assert kept() == before
    assert await store.is_well()


@pytest.mark.parametrize("chain", [BOTTOM, TOP], ids=["bottom", "top"])
@pytest.mark.parametrize("part", ["", "name", "fs"], ids=["directory", "name", "files"])
async def test_a_layer_without_files_is_unpacked_again(store: Store, chain: str, part: str) -> None:
    path = store.layer(chain) / part
    path.unlink() if path.is_symlink() else shutil.rmtree(path)
    assert await store.examined() == [("layer", chain, PULL)]
    assert await store.examined(repair=True) == [("layer", chain, MENDED)]
    assert await store.is_well()


async def test_a_layer_that_lost_the_one_below_it_is_put_back_on_it(store: Store) -> None:
    (store.layer(TOP) / "parent").unlink()
    assert await store.examined(repair=True) == [("layer", TOP, MENDED)]
    assert await store.is_well()


@pytest.mark.parametrize(
    ("damage", "deep"),
    [
        (lambda store: truncate(store.blob(LOWER)), False),
        (lambda store: store.blob(UPPER).unlink(), False),
        (lambda store: flip(store.blob(LOWER)), True),
        (lambda store: [shutil.rmtree(store.layer(TOP)), store.blob(UPPER).unlink()], False),
        (lambda store: [shutil.rmtree(store.layer(chain)) for chain in (BOTTOM, TOP)] + [truncate(store.blob(LOWER))], False),
        (lambda store: truncate(store.blob(IMAGE.id)), False),
        (lambda store: flip(store.blob(IMAGE.descriptor.digest)), False),
        (lambda store: [store.blob(digest).unlink() for digest in (IMAGE.id, IMAGE.descriptor.digest)], False),
    ],
    ids=["short", "none", "changed", "layer", "stack", "configuration", "manifest", "documents"],
)
async def test_what_is_lost_is_fetched_again(store: Store, online: Online, damage: Callable[[Store], object], deep: bool) -> None:
    damage(store)
    with online():
        assert await store.repaired(deep=deep) == {MENDED}
    assert await store.is_well()


@pytest.mark.parametrize(
    "damage",
    [
        lambda store: store.blob(LOWER).unlink(),
        lambda store: [shutil.rmtree(store.layer(TOP)), store.blob(UPPER).unlink()],
        lambda store: truncate(store.blob(IMAGE.id)),
        lambda store: truncate(store.blob(IMAGE.descriptor.digest)),
    ],
    ids=["archive", "layer", "configuration", "manifest"],
)
async def test_where_the_registry_is_away_the_pull_it_names_mends_it(
    store: Store, online: Online, damage: Callable[[Store], object]
) -> None:
    damage(store)
    left = {(kind, remedy) for kind, _, remedy in await store.examined(repair=True)}
    assert {remedy for kind, remedy in left if kind != "blob"} == {PULL}
    with online():
        await store.pull(PULL.removeprefix("docker pull "))
    assert await store.is_well()


async def test_nothing_is_collected_while_something_is_damaged(store: Store) -> None:
    truncate(store.blob(IMAGE.id))
    await store.repaired()
    assert store.blob(LOWER).exists()
    assert store.layer(TOP).exists()


async def test_a_layer_that_containers_stand_on_stays_with_them(store: Store, online: Online) -> None:
    with store.opened() as rooms:
        await rooms.storage.prepare("container", parent=TOP)
    store.users[IMAGE.id] = [("container", True)]
    written = store.root / "storage" / "a" / "container" / "fs" / "written"
    written.write_text("by the container")
    shutil.rmtree(store.layer(BOTTOM))
    store.blob(LOWER).unlink()
    assert PULL in await store.repaired()
    with online():
        assert await store.repaired() == {MENDED}
    assert written.read_text() == "by the container"
    with store.opened() as rooms:
        assert await rooms.storage.read_file("container", "/lower") == b"l" * 70_000
        assert await rooms.storage.read_file("container", "/written") == b"by the container"


async def test_a_container_without_its_own_files_is_only_told_of(store: Store) -> None:
    store.users[IMAGE.id] = [("0123456789abcdef", False)]
    assert await store.examined(repair=True) == [("container", "0123456789ab", "docker rm 0123456789ab")]


async def test_a_writable_layer_of_no_known_container_is_not_touched(store: Store) -> None:
    with store.opened() as rooms:
        await rooms.storage.prepare("unknown", parent=TOP)
        rooms.store.forget(IMAGE.id)
    await store.repaired()
    with store.opened() as rooms:
        assert {info.name for info in await rooms.storage.list()} >= {"unknown", BOTTOM, TOP}
        assert {info.kind for info in await rooms.storage.list() if info.name == "unknown"} == {SnapshotKind.ACTIVE}


async def test_of_what_was_made_here_the_manifest_is_written_anew_and_the_configuration_is_said_to_be_lost(store: Store) -> None:
    await store.loaded_only()
    with store.opened() as rooms:
        manifest = rooms.store.find(NAME).record.manifest.digest
    truncate(store.blob(manifest))
    assert await store.repaired() == {MENDED}
    assert await store.is_well()
    store.blob(IMAGE.id).unlink()
    assert (
        "document",
        f"{NAME}:latest",
        f"it came from no registry: load {NAME}:latest again, or build it without cache",
    ) in await store.examined()
    await store.repaired()
    assert await store.examined() == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda store: [path.unlink() for path in (store.blob(LOWER), store.blob(UPPER)) if path.exists()],
        lambda store: [shutil.rmtree(store.layer(TOP)), *(path.unlink() for path in store.archives())],
    ],
    ids=["archives", "layer"],
)
async def test_what_came_as_an_archive_is_mended_by_loading_it_again(store: Store, damage: Callable[[Store], object]) -> None:
    archive = await store.loaded_only()
    damage(store)
    assert f"it came from no registry: load {NAME}:latest again, or build it without cache" in await store.repaired()
    await store.load(archive)
    assert await store.is_well()


async def test_what_belongs_to_nothing_goes(store: Store) -> None:
    with store.opened() as rooms:
        rooms.store.forget(IMAGE.id)
    store.blob("sha256:" + "0" * 64).write_bytes(b"")
    temporary = store.root / "content" / "ingest" / "put-1.partial"
    temporary.write_bytes(b"")
    store.execute(
        "INSERT INTO refs (key, record) VALUES (?, ?)",
        "docker.io/library/nothing:1",
        json.dumps({"image": "sha256:" + "2" * 64, "tagged_ns": 1}).encode(),
    )
    assert await store.repaired() == {MENDED}
    gone = [store.layer(BOTTOM), store.layer(TOP), *(store.blob(blob.digest) for blob, _ in IMAGE.blobs), temporary]
    assert [path for path in gone if path.exists()] == []
    assert await store.examined() == []


async def test_a_recipe_that_is_lost_and_files_that_have_changed(store: Store, online: Online) -> None:
    with online():
        await store.pull(NAME, keep_blobs=False)
        assert not store.blob(UPPER).exists()
        assert await store.examined(deep=True) == []
        with store.opened() as rooms:
            record = rooms.store.layers.get(TOP)
            assert isinstance(record, LayerRecord)
        truncate(store.blob(record.recipe))
        assert await store.repaired() == {MENDED}
        assert await store.is_well()
        await store.pull(NAME, keep_blobs=False)
        flip(store.layer(TOP) / "fs" / "upper")
        assert await store.examined() == []
        assert await store.examined(deep=True, repair=True) == [("layer", TOP, MENDED)]
    assert await store.is_well()
