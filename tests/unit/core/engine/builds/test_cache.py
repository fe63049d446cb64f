"""What builds leave for the next ones: steps, and directories of cache mounts."""

from pathlib import Path

import anyio
import pytest

from core.engine.builds.cache import MOUNT, REGULAR, BuildCache
from core.images.layers.store import LayerRecord
from core.images.store import ImageStore
from core.store.database import Database
from sdk.builder import CachedStep, NewStep
from sdk.oci.digest import Digest, chain_id, digest_of
from tests.unit.core.images.stores import open_store

pytestmark = pytest.mark.anyio

BASE, TOP = digest_of(b"base"), digest_of(b"top")
ONE, TWO = chain_id((BASE,)), chain_id((BASE, TOP))


class World:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.images: ImageStore = open_store(root)
        self.images.layers.put(ONE, LayerRecord(BASE, "", 10))
        self.images.layers.put(TWO, LayerRecord(TOP, ONE, 20))
        self.cache = self.reopened()

    def reopened(self) -> BuildCache:
        """Open the cache as the next daemon does."""
        return BuildCache(Database(self.root / "cache"), self.images, self.root / "mounts")

    async def put(self, key: str, *stack: Digest, image: str = "", parent: str = "", empty: bool = False) -> None:
        await self.cache.put(key, NewStep(CachedStep(stack, f"note of {key}", image), f"RUN {key}", parent, empty))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


# Steps ------------------------------------------------------------------------------------------------------------------


async def test_a_step_is_known_as_long_as_its_layers_are_there_also_to_the_next_daemon(world: World) -> None:
    await world.put("a", BASE, TOP)
    for cache in (world.cache, world.reopened()):
        assert await cache.get("a") == CachedStep((BASE, TOP), "note of a")
        assert await cache.get("b") is None
    world.images.layers.delete(TWO)
    assert await world.cache.get("a") is None
    assert await world.cache.entries([]) == []


async def test_a_step_of_no_layers_is_always_known(world: World) -> None:
    await world.put("a")
    assert await world.cache.get("a") == CachedStep((), "note of a")


async def test_a_step_with_an_image_lives_with_it(world: World) -> None:
    await world.put("a", BASE, image="sha256:gone")
    assert await world.cache.get("a") is None
    assert await world.cache.entries([]) == []
    assert world.images.layers.kept == set(), "and keeps nothing by itself"
    world.cache.flush()
    assert dict(world.reopened()._records) == {}


async def test_layers_are_kept_until_their_last_step_is_forgotten(world: World) -> None:
    await world.put("a", BASE)
    await world.put("b", BASE, TOP)
    await world.put("c", BASE, TOP)
    assert world.images.layers.kept == {ONE, TWO}
    world.images.layers.kept.clear()
    cache = world.reopened()
    assert world.images.layers.kept == {ONE, TWO}
    entries = {entry.id: entry for entry in await cache.entries([])}
    await cache.forget(entries["b"])
    assert world.images.layers.kept == {ONE, TWO}
    await cache.forget(entries["c"])
    assert world.images.layers.kept == {ONE}
    assert await cache.get("c") is None


async def test_entries_tell_sizes_uses_and_what_images_have_too(world: World) -> None:
    await world.put("a", BASE)
    await world.put("b", BASE, TOP, parent="a")
    await world.put("empty", BASE, parent="a", empty=True)
    for _ in range(2):
        await world.cache.get("b")
    entries = {entry.id: entry for entry in await world.cache.entries([ONE])}
    assert {
        key: (entry.type, entry.description, entry.size, entry.shared, entry.parents, entry.usage_count)
        for key, entry in entries.items()
    } == {
        "a": (REGULAR, "RUN a", 10, True, (), 0),
        "b": (REGULAR, "RUN b", 20, False, ("a",), 2),
        "empty": (REGULAR, "RUN empty", 0, True, ("a",), 0),
    }
    assert entries["b"].last_used_ns >= entries["b"].created_ns > 0
    assert entries["a"].last_used_ns == 0


async def test_uses_are_written_down_by_flush(world: World) -> None:
    await world.put("a", BASE)
    await world.cache.get("a")
    assert [entry.usage_count for entry in await world.reopened().entries([])] == [0]
    world.cache.flush()
    world.cache.flush()
    assert [entry.usage_count for entry in await world.reopened().entries([])] == [1]


async def test_a_step_that_was_used_and_forgotten_is_not_written_again(world: World) -> None:
    await world.put("a", BASE)
    await world.cache.get("a")
    (entry,) = await world.cache.entries([])
    await world.cache.forget(entry)
    world.cache.flush()
    assert await world.reopened().entries([]) == []


# Mounts -----------------------------------------------------------------------------------------------------------------


async def test_a_mounts_directory_stays_for_the_next_build(world: World) -> None:
    async with world.cache.mount("npm", "shared") as (path, is_new):
        assert is_new
        (path / "file").write_text("kept")
    async with world.reopened().mount("npm", "shared") as (again, is_new):
        assert (again, is_new) == (path, False)
    async with world.cache.mount("pip", "shared") as (other, is_new):
        assert is_new
        assert other != path


async def test_shared_directories_are_one_and_private_ones_are_not(world: World) -> None:
    async with world.cache.mount("npm", "shared") as (first, _), world.cache.mount("npm", "shared") as (second, _):
        assert first == second
        async with world.cache.mount("npm", "private") as (third, _), world.cache.mount("npm", "private") as (fourth, _):
            assert len({first, third, fourth}) == 3
    async with world.cache.mount("npm", "private") as (path, is_new):
        assert (path, is_new) == (first, False), "where none is used the first serves"


async def test_private_ones_that_begin_at_once_are_not_the_same(world: World) -> None:
    """Two steps of builds that run beside each other would write into one directory."""
    found: list[Path] = []
    both = anyio.Event()

    async def step() -> None:
        async with world.cache.mount("npm", "private") as (path, _):
            found.append(path)
            if len(found) == 2:
                both.set()
            await both.wait()

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(step)
            tasks.start_soon(step)
    assert len(set(found)) == 2


async def test_locked_ones_wait_for_each_other(world: World) -> None:
    inside: list[int] = []

    async def step(number: int) -> None:
        async with world.cache.mount("npm", "locked") as (path, _):
            inside.append(number)
            assert len(inside) == 1
            assert path.is_dir()
            await anyio.sleep(0.001)
            inside.remove(number)

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            for number in range(5):
                tasks.start_soon(step, number)


async def test_mounts_are_entries_and_are_forgotten_with_their_directories(world: World) -> None:
    async with world.cache.mount("npm", "shared") as (path, _):
        (path / "file").write_bytes(b"12345")
        (entry,) = await world.cache.entries([])
        assert (entry.type, entry.description, entry.size, entry.in_use, entry.usage_count) == (
            MOUNT,
            "cached mount npm",
            5,
            True,
            1,
        )
    (entry,) = await world.cache.entries([])
    assert not entry.in_use
    await world.cache.forget(entry)
    assert not path.exists()
    assert await world.cache.entries([]) == []


async def test_a_step_that_fails_lets_its_directory_go(world: World) -> None:
    with pytest.raises(KeyError):
        async with world.cache.mount("npm", "locked"):
            raise KeyError
    async with world.cache.mount("npm", "private") as (_, is_new):
        assert not is_new
