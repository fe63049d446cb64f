"""The plugins' tables of the configuration, each validated by the settings model of the plugin it is for."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from pydantic import JsonValue, ValidationError

from core.config import ConfigurationError, Settings, describe
from core.kernel.health import Health
from core.kernel.offers import Described
from sdk.providers import Kind, PluginSettings

S = TypeVar("S", bound=PluginSettings)


_KINDS = frozenset(Kind)
_ATTEMPTS = "download_attempts"

ISOLATED = "isolated"
"""The key of any plugin's table that gives its drivers processes of their own, unless the plugin has a setting of this name."""


def check_tables(settings: Settings, offers: Sequence[Described], health: Health) -> None:
    """Validate all tables, also those of plugins that are not used. Raises ConfigurationError naming the plugin and the key.

    The table of a broken plugin cannot be judged and passes.
    """
    owners = {offer.plugin for offer in offers}
    known = {status.name for status in health.statuses()}
    for table in settings.plugins:
        if table not in known:
            raise ConfigurationError(f"plugins.{table}: no such plugin is installed (there are: {', '.join(sorted(known))})")
        if not health.reason(table) and table not in owners and settings.plugins[table].keys() != {ISOLATED}:
            raise ConfigurationError(f"plugins.{table}: this plugin has no settings")
    for offer in offers:
        read_table(settings, offer.kind, offer.plugin, offer.settings)
    for table in sorted(owners & settings.plugins.keys()):
        known = {key for offer in offers if offer.plugin == table for key in (offer.kind, *offer.settings.model_fields)}
        for kind in _further(settings.plugins[table]).keys() - known:
            raise ConfigurationError(f"plugins.{table}.{kind}: this plugin has no {kind} driver")


def read_table(settings: Settings, kind: Kind, plugin: str, model: type[S]) -> S:
    """Return the settings of a plugin's driver. Raises ConfigurationError.

    A plugin with drivers of several kinds has what is for all of them in its table, and what is for one in the table of the kind below it:
    `[plugins.NAME.storage]`.
    """
    own = kind in _further(settings.plugins.get(plugin, {}))
    where = f"plugins.{plugin}.{kind}" if own else f"plugins.{plugin}"
    try:
        return model.model_validate(table_of(settings, kind, plugin, model))
    except ValidationError as error:
        raise ConfigurationError("; ".join(describe(error, where, where))) from error


def with_keys(table: Mapping[str, JsonValue], kind: Kind, more: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return a plugin's table in which these keys go before all others of the driver of a kind."""
    own = _further(table).get(kind)
    return {**table, **more} if own is None else {**table, kind: {**own, **more}}


def _further(table: Mapping[str, JsonValue]) -> Mapping[Kind, Mapping[str, JsonValue]]:
    """Return the tables below a plugin's that are for its drivers of one kind."""
    return {Kind(key): value for key, value in table.items() if key in _KINDS and isinstance(value, dict)}


def table_of(settings: Settings, kind: Kind, plugin: str, model: type[PluginSettings]) -> dict[str, JsonValue]:
    """Return a plugin's table as its model takes it. The general settings of registries and transfers are added for registry plugins that know such keys.

    Raises ConfigurationError for a table that gives mirrors or insecure registries itself: there is one place for them, which `docker info`
    shows.
    """
    whole = settings.plugins.get(plugin, {})
    further = {key: value for key, value in _further(whole).items() if key not in model.model_fields}
    table = {key: value for key, value in whole.items() if key not in further} | dict(further.get(kind, {}))
    if ISOLATED not in model.model_fields:
        table.pop(ISOLATED, None)
    if kind is Kind.REGISTRY:
        for key, general in (("insecure", "insecure_registries"), ("mirrors", "registry_mirrors")):
            if key in model.model_fields:
                if key in table:
                    raise ConfigurationError(f"plugins.{plugin}: {key}: this is set by {general}, outside of the plugin's table")
                table[key] = list(getattr(settings, general))
        if _ATTEMPTS in model.model_fields:
            table.setdefault(_ATTEMPTS, settings.transfers.attempts)
    return table
