"""A driver in a process of its own gets the settings that the test gives it."""

import importlib
from pathlib import Path

import pytest

from sdk.errors import SkipPlugin
from sdk.providers import PluginContext
from sdk.testing.context import plugin_context
from sdk.testing.isolated import isolated

KEYED = """
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import SecretStr

from sdk.errors import SkipPlugin
from sdk.hookspecs import hookimpl
from sdk.providers import PluginSettings, VolumeProvider


class Keyed(PluginSettings):
    keys: dict[str, SecretStr]
    place: Path


@asynccontextmanager
async def opened(context, settings):
    raise SkipPlugin(f"{settings.place} by {settings.keys['a'].get_secret_value()}")
    yield


@hookimpl
def provide_volume_driver():
    return VolumeProvider("keyed", Keyed, opened)
"""


@pytest.fixture
def context(tmp_path: Path) -> PluginContext:
    return plugin_context("keyed", tmp_path)


@pytest.mark.anyio
async def test_secrets_come_as_they_are(context: PluginContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "keyed_volumes.py").write_text(KEYED)
    monkeypatch.syspath_prepend(str(tmp_path))
    module = importlib.import_module("keyed_volumes")
    settings = module.Keyed(keys={"a": "hunter2"}, place="/srv")
    with pytest.raises(SkipPlugin, match="/srv by hunter2"):
        async with isolated("volume", module.provide_volume_driver, context, settings):
            pass
