"""Plugins made of functions, as if they had been imported from distributions."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import ModuleType
from typing import get_args

import pytest

from core.kernel.discovery import Candidate
from sdk.hookspecs import hookimpl
from sdk.providers import PluginContext, PluginSettings, Provider
from sdk.scaffold.interfaces import INTERFACES

_INTERFACES = {interface.driver.__name__: interface.driver for interface in INTERFACES.values()}

MakeCandidate = Callable[..., Candidate]


def _driver(kind: type[Provider[object, PluginSettings]], context: PluginContext) -> object:
    """Return a driver of a provider's kind that has none of its methods and keeps what it was opened with."""
    (named, _settings) = get_args(kind.__orig_bases__[0])
    interface = _INTERFACES[named.__forward_arg__]
    driver_class = type("Driver", (interface,), {})
    driver_class.__abstractmethods__ = frozenset()
    driver = driver_class()
    driver.context = context
    return driver


@pytest.fixture
def candidate() -> MakeCandidate:
    """A function that makes a candidate whose module has these functions as hook implementations."""

    def make(name: str, *hooks: Callable[..., object], distribution: str = "demo", **attributes: object) -> Candidate:
        module = ModuleType(name)
        for hook in hooks:
            setattr(module, hook.__name__, hookimpl(hook))
        for key, value in attributes.items():
            setattr(module, key, value)
        return Candidate(name, distribution, "1", lambda: module)

    return make


@pytest.fixture
def provider() -> Callable[..., Provider[object, PluginSettings]]:
    """A function that makes a provider class' instance; its driver is `driver`, or what `fails` raises."""

    def make(
        kind: type[Provider[object, PluginSettings]],
        name: str,
        driver: object = None,
        settings: type[PluginSettings] = PluginSettings,
        fails: BaseException | None = None,
        journal: list[str] | None = None,
    ) -> Provider[object, PluginSettings]:
        @asynccontextmanager
        async def open_driver(context: PluginContext, _settings: PluginSettings) -> AsyncIterator[object]:
            if fails:
                raise fails
            if journal is not None:
                journal.append(f"open {context.name}")
            try:
                yield driver or _driver(kind, context)
            finally:
                if journal is not None:
                    journal.append(f"close {context.name}")

        return kind(name, settings, open_driver)

    return make
