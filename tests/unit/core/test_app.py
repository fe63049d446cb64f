"""A data root is opened with its own storage driver. A reload that the machine or a driver does not let happen is logged, and the daemon goes on with what it had."""

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import anyio
import pytest

from core.app import Life, Running, open_everything, open_images
from core.beginning import open_database
from core.config import DriverChoice, Settings, StartupError
from core.daemon.authorization.door import Door
from core.dockerd.configuration import load_configuration
from core.dockerd.flags import parse_flags
from core.dockerd.styles import CORE
from core.engine.context import EngineSettings
from core.engine.opening import OpenedEngine
from core.images.layers.store import LayerRecord
from core.kernel.authorizers import Authorizers
from core.kernel.health import Health
from core.kernel.hooks import PluginHooks
from core.kernel.lifecycle import Opened
from core.kernel.observers import Observers
from core.kernel.plugins import find_plugins
from core.swaps import keep_storage
from sdk.drivers.runtime import Runtime
from sdk.errors import DriverError
from sdk.providers import Kind
from tests.slots import in_slot
from tests.unit.core import records

pytestmark = pytest.mark.anyio


class Told(Runtime):
    """Of a runtime what a reload asks."""

    def __init__(self, status: Callable[[], Awaitable[Mapping[str, str]]]) -> None:
        self._status = status

    async def status(self) -> Mapping[str, str]:
        return await self._status()

    async def _never(self, *_args: object) -> NoReturn:
        raise NotImplementedError

    start = adopt = discard = audit = _never


class Bench:
    """A daemon's life with a runtime whose status can be made to fail, and an engine that tells nothing of the system."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.file = directory / "daemon.json"
        self.file.write_text("{}")
        flags = ["--config-file", str(self.file), "--data-root", str(directory)]
        self.life = Life(load_configuration(parse_flags(flags), CORE), anyio.CancelScope())
        self.fails: Exception | None = None
        self.told: list[Mapping[str, str]] = []
        self.reloaded: list[Settings] = []
        runtimes = {"ns": in_slot(Kind.RUNTIME, "ns", Told(self._status))}
        drivers = records.drivers(runtime_name="ns", runtimes=runtimes)
        engine = SimpleNamespace(system=SimpleNamespace(info=self._info))
        opened = OpenedEngine(engine, self._reload, anyio.sleep_forever)
        authorizers = Authorizers({}, self._no_authorizer)
        running = Running(
            opened, Opened(drivers, (), authorizers, {}, self._reload_drivers), Observers(PluginHooks(Health())), "00000000"
        )
        self.life.serving = running, Door(self._no_application)

    async def _no_authorizer(self, _offer: object) -> NoReturn:
        raise NotImplementedError

    async def _no_application(self, _scope: object, _receive: object, _send: object) -> None:
        raise NotImplementedError

    async def _info(self) -> None:
        raise OSError(24, "Too many open files")

    async def _status(self) -> Mapping[str, str]:
        if self.fails:
            raise self.fails
        return {"CgroupVersion": "2"}

    async def _reload_drivers(self, settings: Settings) -> None:
        self.reloaded.append(settings)

    def _reload(self, _settings: EngineSettings, attributes: Mapping[str, str]) -> None:
        self.told.append(attributes)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    loggers = [logging.getLogger(name) for name in ("", "core", "plugins")]
    levels = [logger.level for logger in loggers]
    yield Bench(tmp_path)
    for logger, level in zip(loggers, levels, strict=True):  # a reload sets them
        logger.setLevel(level)


async def test_a_reload_asks_the_runtime_alone(bench: Bench) -> None:
    bench.file.write_text(json.dumps({"labels": ["a=b"]}))
    await bench.life.reload()
    assert bench.life.settings.labels == ("a=b",)
    assert [(told["labels"], told["default-cgroupns-mode"]) for told in bench.told] == [('["a=b"]', "private")]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(5, "Input/output error"), "ns: status: input/output error"),
        (DriverError("ns", "status", "gone"), "ns: status: gone"),
        (ValueError("not a number"), "ns: status: not a number"),
    ],
)
async def test_a_runtime_that_does_not_answer_leaves_all_as_it_was(
    bench: Bench, caplog: pytest.LogCaptureFixture, error: Exception, said: str
) -> None:
    bench.fails = error
    await _changes_nothing(bench)
    assert caplog.messages == [f"error reconfiguring the daemon: {said}"]


async def test_a_data_root_that_cannot_be_read_leaves_all_as_it_was(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    (bench.directory / "engine-id").mkdir()
    await _changes_nothing(bench)
    assert "Is a directory" in caplog.messages[0]


async def _changes_nothing(bench: Bench) -> None:
    before = bench.life.settings
    bench.file.write_text(json.dumps({"labels": ["a=b"]}))
    await bench.life.reload()
    assert bench.life.settings is before
    assert bench.told == bench.reloaded == []


@pytest.mark.parametrize("opening", [open_everything, open_images])
async def test_a_data_root_of_another_storage_driver_is_not_opened(
    tmp_path: Path, opening: Callable[..., AbstractAsyncContextManager[object]]
) -> None:
    with closing(open_database(tmp_path)) as database:
        keep_storage(database, "overlay")
        database.table("layers", LayerRecord).put("x", LayerRecord("sha256:x", "", 1))
    settings = Settings(data_root=tmp_path, exec_root=tmp_path / "run", drivers=DriverChoice(storage="vfs"))
    with pytest.raises(StartupError, match='are kept by the storage driver "overlay", and "vfs" is chosen'):
        async with opening(settings, find_plugins(settings)):
            pass
    assert not (tmp_path / "plugins").exists()
