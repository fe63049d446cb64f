from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest

from core.config import StartupError
from core.containers.mounts.record import MountRecord
from core.engine.volumes.service import VolumeService
from core.events.bus import EventBus
from core.store.database import Database
from core.volumes.catalog import VolumeCatalog
from core.volumes.uses import Uses
from sdk.drivers.volume import DriverVolume, VolumeDriver
from sdk.engine.volumes import VolumeCreate
from sdk.errors import Conflict, EngineError, InvalidArgument, NoSuchVolume, NotFound, ResourceExhausted, Unsupported
from tests.unit.core import records

pytestmark = pytest.mark.anyio


class MemoryVolumes(VolumeDriver):
    """A driver that keeps volumes in memory and fails when told to."""

    def __init__(self) -> None:
        self.volumes: dict[str, DriverVolume] = {}
        self.mounted: list[tuple[str, str]] = []
        self.fail: EngineError | None = None

    async def create(self, name: str, options: Mapping[str, str]) -> DriverVolume:
        if self.fail:
            raise self.fail
        await anyio.sleep(0)
        return self.volumes.setdefault(name, DriverVolume(name, Path("/memory") / name, 7, options))

    async def remove(self, name: str) -> None:
        if self.fail:
            raise self.fail
        self.volumes.pop(name, None)

    async def get(self, name: str) -> DriverVolume:
        return self.volumes[name]

    async def list(self) -> Sequence[DriverVolume]:
        return tuple(self.volumes.values())

    async def mount(self, name: str, user: str) -> Path:
        if self.fail:
            raise self.fail
        self.mounted.append((name, user))
        return self.volumes[name].mountpoint

    async def unmount(self, name: str, user: str) -> None:
        if self.fail:
            raise self.fail
        if (name, user) in self.mounted:
            self.mounted.remove((name, user))

    async def size(self, name: str) -> int:
        return 10


class World:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.driver = MemoryVolumes()
        self.other = MemoryVolumes()
        self.containers: dict[str, tuple[str, ...]] = {}
        self.boot()

    def boot(self) -> None:
        """Begin anew with what is on disk, as after a crash."""
        self.events = EventBus()
        volumes = {"local": self.driver, "other": self.other}
        drivers = records.drivers(volume_name="local", volumes=volumes)
        self.database = Database(self.path / "db.sqlite")
        self.catalog = VolumeCatalog(self.database, drivers, self.events, self.containers.items, Uses(self.path / "uses"))
        self.service = VolumeService(self.catalog, self.events)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_create_inspect_and_remove(world: World):
    async with aclosing(world.events.subscribe()) as events:
        made = await world.service.create(VolumeCreate("data", labels={"a": "b"}))
        assert (made.name, made.driver, made.mountpoint, made.labels, made.anonymous) == (
            "data",
            "local",
            "/memory/data",
            {"a": "b"},
            False,
        )
        assert await world.service.inspect("data") == made
        await world.service.remove("data")
        seen = [await anext(events) for _ in range(2)]
    assert [(e.action, e.actor, e.attributes) for e in seen] == [
        ("create", "data", {"driver": "local"}),
        ("destroy", "data", {"driver": "local"}),
    ]
    with pytest.raises(NoSuchVolume, match="get data: no such volume"):
        await world.service.inspect("data")
    with pytest.raises(NoSuchVolume):
        await world.service.remove("data")
    await world.service.remove("data", force=True)


async def test_an_anonymous_volume_has_a_name_of_64_digits_and_dockers_label(world: World):
    made = await world.service.create(VolumeCreate())
    assert len(made.name) == 64
    assert made.labels == {"com.docker.volume.anonymous": ""}
    assert made.anonymous


async def test_one_name_means_one_volume(world: World):
    first = await world.service.create(VolumeCreate("data", options={"type": "x"}))
    assert await world.service.create(VolumeCreate("data", labels={"late": "1"})) == first
    with pytest.raises(Conflict, match="volume name must be unique"):
        await world.service.create(VolumeCreate("data", driver="other"))
    with pytest.raises(Conflict, match="other driver options"):
        await world.service.create(VolumeCreate("data", options={"type": "y"}))
    with pytest.raises(NotFound, match='create new: error looking up volume plugin none: plugin "none" not found'):
        await world.service.create(VolumeCreate("new", driver="none"))


async def test_a_failed_create_leaves_no_record(world: World):
    world.driver.fail = InvalidArgument("no")
    with pytest.raises(InvalidArgument, match="create data: no"):
        await world.service.create(VolumeCreate("data"))
    world.boot()
    assert await world.service.list({}) == []


async def test_creating_at_once_makes_one(world: World):
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(world.service.create, VolumeCreate("data"))
    assert len(await world.service.list({})) == 1


async def test_a_used_volume_is_not_removed(world: World):
    await world.service.create(VolumeCreate("data"))
    world.containers["c1"] = ("data",)
    world.containers["c2"] = ("data",)
    with pytest.raises(Conflict) as raised:
        await world.service.remove("data", force=True)
    assert raised.value.message == "remove data: volume is in use - [c1, c2]"


async def test_an_acquired_volume_is_in_use_before_its_container_is_known(world: World):
    made = await world.catalog.acquire(VolumeCreate("data"), "c1")
    with pytest.raises(Conflict, match="in use"):
        await world.service.remove(made.name)
    await world.catalog.abandon("c1")
    await world.service.remove(made.name)


async def test_abandon_takes_anonymous_volumes_only(world: World):
    named = await world.catalog.acquire(VolumeCreate("data"), "c1")
    anonymous = await world.catalog.acquire(VolumeCreate(), "c1")
    await world.catalog.abandon("c1")
    await world.catalog.abandon("c1")
    assert [v.name for v in await world.service.list({})] == [named.name]
    assert anonymous.name not in world.driver.volumes


async def test_boot_removes_anonymous_volumes_of_containers_that_never_were(world: World):
    orphan = await world.catalog.acquire(VolumeCreate(), "never")
    kept = await world.catalog.acquire(VolumeCreate(), "c1")
    world.containers["c1"] = (kept.name,)
    world.boot()
    await world.catalog.reconcile()
    assert [v.name for v in await world.service.list({})] == [kept.name]
    assert orphan.name not in world.driver.volumes
    del world.containers["c1"]
    world.boot()
    await world.catalog.reconcile()
    assert [v.name for v in await world.service.list({"dangling": ("true",)})] == [kept.name]


async def test_boot_settles_records_and_drivers(world: World):
    await world.service.create(VolumeCreate("lost"))
    await world.driver.remove("lost")
    await world.driver.create("found", {"type": "x"})
    world.boot()
    await world.catalog.reconcile()
    (only,) = await world.service.list({})
    assert (only.name, only.created_ns, only.options, only.mountpoint) == ("found", 7, {"type": "x"}, "/memory/found")


async def test_settle_hands_over_to_the_containers_record(world: World):
    made = await world.catalog.acquire(VolumeCreate(), "c1")
    world.containers["c1"] = (made.name,)
    world.catalog.keep("c1")
    assert world.catalog.users(made.name) == ("c1",)
    del world.containers["c1"]
    await world.catalog.remove_unused([made.name, "unknown"])
    assert await world.service.list({}) == []


async def test_mounts_are_counted_by_the_driver_and_told(world: World):
    await world.service.create(VolumeCreate("data"))
    record = MountRecord(type="volume", source="", destination="/x", name="data", driver="local", writable=False)
    async with aclosing(world.events.subscribe()) as events:
        assert await world.catalog.mount(record, "c1") == Path("/memory/data")
        assert world.driver.mounted == [("data", "c1")]
        await world.catalog.unmount(record, "c1")
        assert world.driver.mounted == []
        seen = [await anext(events) for _ in range(2)]
    expected = {"driver": "local", "container": "c1", "destination": "/x", "propagation": "", "read/write": "false"}
    assert [(e.action, e.attributes) for e in seen] == [("mount", expected), ("unmount", {"driver": "local", "container": "c1"})]


async def test_a_mount_that_fails_says_which_volume(world: World):
    await world.service.create(VolumeCreate("data"))
    world.driver.fail = EngineError("failed to mount local volume: no such device")
    record = MountRecord(type="volume", source="", destination="/x", name="data")
    with pytest.raises(
        EngineError, match="error while mounting volume '/memory/data': failed to mount local volume: no such device"
    ):
        await world.catalog.mount(record, "c1")


async def test_opened_is_undone_after_an_error(world: World):
    await world.service.create(VolumeCreate("data"))

    async def fail_inside() -> None:
        async with world.catalog.opened("data", "c1"):
            assert len(world.driver.mounted) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_inside()
    assert world.driver.mounted == []


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, ["beta", "data", "used"]),
        ({"name": ("at",)}, ["data"]),
        ({"name": ("^b", "^u")}, ["beta", "used"]),
        ({"name": ("[",)}, []),
        ({"label": ("a",)}, ["beta", "data"]),
        ({"label": ("a=1",)}, ["data"]),
        ({"label": ("a", "b")}, ["beta"]),
        ({"driver": ("other",)}, ["beta"]),
        ({"dangling": ("true",)}, ["beta", "data"]),
        ({"dangling": ("0",)}, ["used"]),
    ],
)
async def test_filters(world: World, filters, names):
    await world.service.create(VolumeCreate("data", labels={"a": "1"}))
    await world.service.create(VolumeCreate("beta", driver="other", labels={"a": "2", "b": ""}))
    await world.service.create(VolumeCreate("used"))
    world.containers["c"] = ("used",)
    assert [v.name for v in await world.service.list(filters)] == names


async def test_unknown_filters_are_refused(world: World):
    with pytest.raises(InvalidArgument, match="invalid filter 'color'"):
        await world.service.list({"color": ("red",)})
    with pytest.raises(InvalidArgument, match=r"invalid filter 'dangling=\[perhaps\]'"):
        await world.service.list({"dangling": ("perhaps",)})
    with pytest.raises(InvalidArgument, match="invalid filter 'dangling'"):
        await world.service.prune({"dangling": ("true",)})


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({}, ["keep", "named", "used"]),
        ({"all": ("1",)}, ["used"]),
        ({"all": ("true",), "label!": ("keep",)}, ["keep", "used"]),
        ({"all": ("true",), "label": ("keep",)}, ["named", "used"]),
    ],
)
async def test_prune(world: World, filters, left):
    await world.service.create(VolumeCreate("named"))
    await world.service.create(VolumeCreate("keep", labels={"keep": "yes"}))
    await world.service.create(VolumeCreate("used"))
    anonymous = await world.service.create(VolumeCreate())
    world.containers["c"] = ("used",)
    pruned = await world.service.prune(filters)
    assert pruned.space_reclaimed == 10 * len(pruned.deleted)
    assert [v.name for v in await world.service.list({}) if v.name != anonymous.name] == left


async def test_usage_has_sizes_and_users(world: World):
    await world.service.create(VolumeCreate("data"))
    world.containers["c"] = ("data",)
    (info,) = await world.catalog.usage()
    assert (info.size, info.users) == (10, 1)


async def nothing() -> AsyncIterator[bytes]:
    yield b""


async def test_archives_need_a_directory_on_this_host(world: World) -> None:
    await world.service.create(VolumeCreate("far"))
    message = "volume far: its driver local keeps it in no directory of this host"
    with pytest.raises(Unsupported, match=message):
        await world.service.export("far")
    with pytest.raises(Unsupported, match=message):
        await world.service.import_archive("far", nothing())
    with pytest.raises(Unsupported, match=message):
        await world.service.clone("far", "near")
    with pytest.raises(Unsupported):
        await world.service.import_archive("new", nothing())
    assert list(world.driver.volumes) == ["far"], "what was made for it is gone again"
    assert world.driver.mounted == []
    await world.service.remove("far")


async def test_a_volume_that_is_being_filled_is_in_use_and_does_not_survive_a_crash(world: World) -> None:
    async with world.catalog.filling(VolumeCreate("half"), "import"):
        with pytest.raises(Conflict, match="volume is in use"):
            await world.service.remove("half")
        with pytest.raises(Conflict, match="volume name must be unique"):
            async with world.catalog.filling(VolumeCreate("half"), "clone"):
                pass
        world.boot()
        assert world.catalog.find("half")
        await world.catalog.reconcile()
        assert world.catalog.records() == ()


async def test_a_full_disk_at_boot_is_told_as_what_it_is(world: World) -> None:
    await world.driver.create("found", {"type": "x" * 100_000})
    world.boot()
    (pages,) = world.database._connection.execute("PRAGMA page_count").fetchone()
    world.database._connection.execute(f"PRAGMA max_page_count={pages + 2}")
    with pytest.raises(ResourceExhausted, match=r"^write core\.db: "):
        await world.catalog.reconcile()


async def test_what_a_driver_lists_wrongly_is_its_failure(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.driver, "list", nothing_listed)
    with pytest.raises(StartupError, match='volume driver "local" failed in list: TypeError: '):
        await world.catalog.reconcile()


async def nothing_listed() -> None:
    """A driver's `list` that forgot to return anything."""


@dataclass(frozen=True)
class Place:
    name: str
    destination: str = "/data"
    writable: bool = True
    propagation: str = ""


async def test_what_was_mounted_for_users_that_are_no_more_is_released_at_boot(world: World):
    await world.service.create(VolumeCreate("data"))
    await world.catalog.mount(Place("data"), "alive")
    await world.catalog.mount(Place("data"), "ended")
    async with world.catalog.opened("data", "own work"):
        world.boot()
        assert [user.partition(".")[0] for _, user in world.driver.mounted] == ["alive", "ended", "own work"]
        await world.catalog.release_others({"alive"})
        assert world.driver.mounted == [("data", "alive")]


async def test_a_release_that_fails_is_tried_at_the_next_boot(world: World):
    await world.service.create(VolumeCreate("data"))
    await world.catalog.mount(Place("data"), "ended")
    world.driver.fail = EngineError("not now")
    world.boot()
    await world.catalog.release_others(())
    assert world.driver.mounted == [("data", "ended")]
    world.driver.fail = None
    world.boot()
    await world.catalog.release_others(())
    assert world.driver.mounted == []


async def test_a_named_volume_that_a_killed_daemon_was_filling_goes(world: World):
    await world.service.create(VolumeCreate("before"))
    for name in ("before", "new"):
        await world.catalog.acquire(VolumeCreate(name), "cut off")
    world.boot()
    await world.catalog.reconcile()
    assert [record.name for record in world.catalog.records()] == ["before"]
