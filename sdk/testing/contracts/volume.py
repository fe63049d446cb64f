"""The contract every volume driver keeps.

Subclass `VolumeDriverContract` in a test module and give it one fixture, `open_driver`: a function without arguments that opens the
driver, as an async context manager, on one data root; called again after leaving, on the same.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import anyio
import pytest

from sdk.drivers.volume import VolumeDriver
from sdk.errors import Conflict, EngineError, InvalidArgument, NoSuchVolume

OpenDriver = Callable[[], AbstractAsyncContextManager[VolumeDriver]]


class VolumeDriverContract:
    """Cases read as the specification of `sdk.drivers.volume.VolumeDriver`."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    async def driver(self, open_driver: OpenDriver) -> AsyncIterator[VolumeDriver]:
        async with open_driver() as driver:
            yield driver

    @pytest.mark.anyio
    async def test_a_new_volume_is_listed_and_found(self, driver: VolumeDriver) -> None:
        made = await driver.create("data", {})
        assert made.name == "data"
        assert made.created_ns > 0
        assert await driver.get("data") == made
        assert list(await driver.list()) == [made]

    @pytest.mark.anyio
    async def test_create_is_idempotent(self, driver: VolumeDriver) -> None:
        made = await driver.create("data", {})
        assert await driver.create("data", {}) == made
        assert len(await driver.list()) == 1

    @pytest.mark.anyio
    async def test_create_with_other_options_raises_an_error(self, driver: VolumeDriver) -> None:
        await driver.create("data", {})
        with pytest.raises((Conflict, InvalidArgument)):
            await driver.create("data", {"an-option": "no driver knows"})
        assert (await driver.get("data")).options == {}

    @pytest.mark.anyio
    async def test_concurrent_creates_of_one_name_make_one(self, driver: VolumeDriver) -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(8):
                tasks.start_soon(driver.create, "data", {})
        assert len(await driver.list()) == 1

    @pytest.mark.anyio
    @pytest.mark.parametrize("name", ["../up", "a/b", ".."])
    async def test_a_name_is_no_path(self, driver: VolumeDriver, name: str) -> None:
        with pytest.raises(EngineError):
            await driver.create(name, {})
        assert list(await driver.list()) == []

    @pytest.mark.anyio
    async def test_an_unknown_volume_raises_no_such_volume(self, driver: VolumeDriver) -> None:
        with pytest.raises(NoSuchVolume):
            await driver.get("none")
        with pytest.raises(NoSuchVolume):
            await driver.mount("none", "c1")

    @pytest.mark.anyio
    async def test_remove_takes_the_data_and_is_idempotent(self, driver: VolumeDriver) -> None:
        await driver.create("data", {})
        directory = await driver.mount("data", "c1")
        (directory / "file").write_text("gone")
        await driver.unmount("data", "c1")
        await driver.remove("data")
        await driver.remove("data")
        assert list(await driver.list()) == []
        await driver.create("data", {})
        assert list((await driver.mount("data", "c1")).iterdir()) == []
        await driver.unmount("data", "c1")

    @pytest.mark.anyio
    async def test_a_list_is_right_while_volumes_are_removed(self, driver: VolumeDriver) -> None:
        names = [f"data{number}" for number in range(20)]
        for name in ("stays", *names):
            await driver.create(name, {})

        async def listed() -> None:
            for _ in range(10):
                assert "stays" in [volume.name for volume in await driver.list()]

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listed)
            for name in names:
                tasks.start_soon(driver.remove, name)
        assert [volume.name for volume in await driver.list()] == ["stays"]

    @pytest.mark.anyio
    async def test_a_mounted_volume_is_a_writable_directory_for_all_its_users(self, driver: VolumeDriver) -> None:
        await driver.create("data", {})
        first, second = await driver.mount("data", "c1"), await driver.mount("data", "c2")
        (first / "file").write_text("shared")
        assert (second / "file").read_text() == "shared"
        await driver.unmount("data", "c1")
        assert (second / "file").read_text() == "shared"
        await driver.unmount("data", "c2")

    @pytest.mark.anyio
    async def test_mount_and_unmount_are_idempotent_for_one_user(self, driver: VolumeDriver) -> None:
        await driver.create("data", {})
        assert await driver.mount("data", "c1") == await driver.mount("data", "c1")
        await driver.unmount("data", "c1")
        await driver.unmount("data", "c1")
        await driver.unmount("data", "never")
        await driver.unmount("none", "c1")

    @pytest.mark.anyio
    async def test_volumes_and_data_outlive_the_driver(self, open_driver: OpenDriver) -> None:
        async with open_driver() as driver:
            made = await driver.create("data", {})
            (await driver.mount("data", "c1") / "file").write_text("kept")
        async with open_driver() as driver:
            assert await driver.get("data") == made
            assert (await driver.mount("data", "c1") / "file").read_text() == "kept"
            await driver.unmount("data", "c1")

    @pytest.mark.anyio
    async def test_the_size_is_unknown_or_grows_with_the_content(self, driver: VolumeDriver) -> None:
        await driver.create("data", {})
        before = await driver.size("data")
        (await driver.mount("data", "c1") / "file").write_bytes(bytes(100_000))
        after = await driver.size("data")
        assert before == after == -1 or after - before >= 100_000
        await driver.unmount("data", "c1")
