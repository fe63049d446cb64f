"""What `core plugin info` tells of one plugin."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from core.cli.plugin.standing import as_they_are
from core.cli.table import lines
from core.config import ConfigurationError, Settings
from core.host.uses import Use, uses
from core.kernel.isolation.standings import read_standings
from core.kernel.offers import Described
from core.kernel.plugins import find_plugins
from core.kernel.runtimes import DOCKERS_NAMES, DRIVER
from core.kernel.tables import read_table
from sdk.engine.system import PluginStatus
from sdk.providers import Kind

_WRAPPED = frozenset({Kind.RUNTIME, Kind.LOG})
"""Kinds whose drivers others may open and wrap: what uses the wrapper is not known to use the wrapped one."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A key of a driver's table: what it is without being set, and what the configuration makes of it."""

    name: str
    default: JsonValue
    value: JsonValue
    description: str = ""


@dataclass(frozen=True, slots=True)
class DriverInformation:
    """A driver; `used_by` are the things of the data root that need it, None where that cannot be told."""

    kind: str
    name: str
    chosen: bool
    settings: tuple[Setting, ...]
    used_by: tuple[Use, ...] | None


@dataclass(frozen=True, slots=True)
class Information:
    """A plugin, and its drivers."""

    plugin: PluginStatus
    drivers: tuple[DriverInformation, ...]


def information(name: str, settings: Settings) -> Information:
    """Return what is known of an installed plugin. Raises ConfigurationError if there is none of this name."""
    plugins = find_plugins(settings)
    live = as_they_are(plugins.health.statuses(), read_standings(settings.exec_root))
    statuses = {status.name: status for status in live}
    if name not in statuses:
        raise ConfigurationError(f"no plugin {name} is installed (there are: {', '.join(sorted(statuses))})")
    drivers = tuple(_driver(offer, settings) for offer in plugins.offers if offer.plugin == name)
    return Information(statuses[name], drivers)


def _driver(offer: Described, settings: Settings) -> DriverInformation:
    chosen = offer.name in settings.drivers.names(offer.kind)
    return DriverInformation(
        kind=offer.kind,
        name=offer.name,
        chosen=chosen,
        settings=tuple(_settings(offer, settings)),
        used_by=uses(settings.data_root, offer.kind, _names(offer, settings, chosen=chosen)),
    )


def _names(offer: Described, settings: Settings, *, chosen: bool) -> set[str]:
    """Return the names by which a driver is used, with "" where it is the default.

    Containers name a runtime also by the names that the configuration gives to it, and the chosen one by Docker's; any of these may be the default.
    """
    if offer.kind is not Kind.RUNTIME:
        return {offer.name, *([""] if chosen else ())}
    names = {offer.name, *(settings.runtimes if offer.name == DRIVER else ()), *(DOCKERS_NAMES if chosen else ())}
    default = settings.containers.runtime or settings.drivers.runtime
    return names | ({""} if default in names else set())


def _settings(offer: Described, settings: Settings) -> Iterator[Setting]:
    values = read_table(settings, offer.kind, offer.plugin, offer.settings).model_dump(mode="json")
    defaults = offer.settings.model_construct().model_dump(mode="json")
    for name, field in offer.settings.model_fields.items():
        yield Setting(name, defaults.get(name), values[name], field.description or "")


def information_lines(told: Information) -> list[str]:
    """Return the information as text."""
    plugin = told.plugin
    head = [
        ("Plugin:", plugin.name),
        ("Distribution:", f"{plugin.distribution} {plugin.version}"),
        ("API version:", plugin.api_version or "none declared"),
        ("State:", f"{plugin.state}: {plugin.reason}" if plugin.reason else plugin.state),
        ("Kinds:", " ".join(plugin.kinds) or "-"),
        ("Hooks:", " ".join(plugin.hooks) or "-"),
    ]
    return [*lines(head), *(line for driver in told.drivers for line in _driver_lines(driver))]


def _driver_lines(driver: DriverInformation) -> Iterator[str]:
    yield f"\n{driver.kind} driver {driver.name}{', chosen by the configuration' if driver.chosen else ''}"
    for use in driver.used_by or ():
        yield f"  used by {use.noun}: {', '.join(use.names)}"
    if driver.used_by == ():
        unless = f", unless another {driver.kind} driver wraps it" if driver.kind in _WRAPPED else ""
        yield f"  used by nothing in the data root{unless}"
    if not driver.settings:
        yield "  no settings"
        return
    rows = [("SETTING", "DEFAULT", "VALUE", ""), *(_row(setting) for setting in driver.settings)]
    yield from (f"  {line}" for line in lines(rows))


def _row(setting: Setting) -> Sequence[str]:
    value = "" if setting.value == setting.default else _shown(setting.value)
    return setting.name, _shown(setting.default), value, setting.description


def _shown(value: JsonValue) -> str:
    return "-" if value in (None, "", [], {}) else str(value)
