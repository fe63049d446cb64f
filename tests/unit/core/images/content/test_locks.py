import anyio
import pytest

from core.images.content.locks import KeyedLocks

pytestmark = pytest.mark.anyio


async def test_one_key_is_held_by_one_at_a_time_and_forgotten_after() -> None:
    locks, inside, most = KeyedLocks(), 0, 0

    async def work(key: str) -> None:
        nonlocal inside, most
        async with locks.hold(key):
            inside += 1
            most = max(most, inside)
            await anyio.sleep(0.001)
            inside -= 1

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(work, "same")
    assert most == 1
    async with anyio.create_task_group() as group:
        for number in range(5):
            group.start_soon(work, f"key{number}")
    assert most == 5
    assert locks._locks == {}


async def test_a_waiter_that_gives_up_leaves_the_lock_usable() -> None:
    locks = KeyedLocks()

    async def wait() -> None:
        with anyio.move_on_after(0.01):
            async with locks.hold("key"):
                pytest.fail("held twice")

    async with locks.hold("key"), anyio.create_task_group() as group:
        group.start_soon(wait)
    async with locks.hold("key"):
        pass
    assert locks._locks == {}
