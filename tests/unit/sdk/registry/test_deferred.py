"""A backend that is loaded when it is needed."""

from pathlib import Path

import anyio
import pytest

from plugins.registry_layout.backend import LayoutBackend
from plugins.registry_layout.settings import LayoutSettings
from sdk.drivers.registry import Credentials, RegistryBackend
from sdk.errors import NotFound
from sdk.oci.reference import parse_reference
from sdk.registry.deferred import DeferredBackend

pytestmark = pytest.mark.anyio

APP = parse_reference("files.local/app")


async def test_it_is_loaded_once_by_the_first_who_ask(tmp_path: Path) -> None:
    loaded: list[RegistryBackend] = []

    def load() -> RegistryBackend:
        loaded.append(LayoutBackend(LayoutSettings(hosts={"files.local": tmp_path})))
        return loaded[-1]

    async def ask() -> None:
        with pytest.raises(NotFound, match=f"no OCI image layout at {tmp_path}/app"):
            await backend.resolve(APP, Credentials())

    backend = DeferredBackend(load, frozenset({"files.local"}))
    assert backend.hosts == {"files.local"}
    assert not loaded
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(ask)
    assert len(loaded) == 1


async def test_one_that_cannot_be_loaded_is_tried_again() -> None:
    attempts: list[int] = []

    def load() -> RegistryBackend:
        attempts.append(1)
        raise ImportError("no client")

    backend = DeferredBackend(load)
    for _ in range(2):
        with pytest.raises(ImportError, match="no client"):
            await backend.tags(APP, Credentials())
    assert len(attempts) == 2
