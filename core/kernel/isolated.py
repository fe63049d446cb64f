"""Which plugins the configuration gives processes of their own. Costs nothing where it names none."""

from collections.abc import Iterable, Mapping

from core.config import ConfigurationError, Settings
from core.kernel.health import Health
from core.kernel.offers import Described
from core.kernel.tables import ISOLATED


def isolated_plugins(settings: Settings, offers: Iterable[Described], health: Health) -> frozenset[str]:
    """Return the plugins whose drivers are to be isolated. Raises ConfigurationError for a name that is no plugin's, and for one whose
    drivers cannot be."""
    owned: dict[str, list[Described]] = {status.name: [] for status in health.statuses()}
    for offer in offers:
        owned[offer.plugin].append(offer)
    asked = {name: table.enabled for name, table in settings.isolation.items()}
    for name, wanted in _short_form(settings, owned).items():
        if asked.setdefault(name, wanted) is not wanted:
            raise ConfigurationError(f"plugins.{name}: {ISOLATED}: isolation.{name} says otherwise")
    for name in asked:
        if name not in owned:
            raise ConfigurationError(f"isolation.{name}: no such plugin is installed (there are: {', '.join(sorted(owned))})")
    isolated = frozenset(name for name, wanted in asked.items() if wanted)
    for name in sorted(isolated):
        if not health.reason(name):
            _check(name, owned[name])
    return isolated


def _short_form(settings: Settings, owned: Mapping[str, Iterable[Described]]) -> dict[str, bool]:
    """Return what tables of plugins say by the key that is not the plugins' own."""
    said = {}
    for name, table in settings.plugins.items():
        if ISOLATED in table and not any(ISOLATED in offer.settings.model_fields for offer in owned.get(name, ())):
            wanted = table[ISOLATED]
            if not isinstance(wanted, bool):
                raise ConfigurationError(f"plugins.{name}: {ISOLATED}: it is true or false, not {wanted!r}")
            said[name] = wanted
    return said


def _check(name: str, offers: Iterable[Described]) -> None:
    from sdk.isolation.kinds import REFUSED  # noqa: PLC0415 the room costs nothing where no driver is isolated

    if not offers:
        raise ConfigurationError(f"isolation.{name}: the plugin has no driver, and its hooks run in the daemon")
    for offer in offers:
        if offer.kind in REFUSED:
            raise ConfigurationError(
                f'isolation.{name}: {offer.kind} driver "{offer.name}" cannot be isolated: {REFUSED[offer.kind]}'
            )
