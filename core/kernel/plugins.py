"""All plugins of this process, found, loaded and asked for their drivers."""

from dataclasses import dataclass

from core.config import Settings
from core.kernel.discovery import discover
from core.kernel.health import Health
from core.kernel.hooks import PluginHooks
from core.kernel.loading import load_plugins
from core.kernel.offers import Offers, collect_offers
from core.kernel.slots.kinds import check_deadlines
from core.kernel.tables import check_tables


@dataclass(frozen=True, slots=True)
class Plugins:
    """Their hooks, what they offer and how they are."""

    hooks: PluginHooks
    offers: Offers
    health: Health


def find_plugins(settings: Settings) -> Plugins:
    """Load all plugins, and check their tables and the deadlines of drivers.

    Raises ConfigurationError for a wrong table or deadline; a broken plugin is only marked.
    """
    health = Health()
    candidates = discover()
    hooks = load_plugins(candidates, health, settings.disabled_plugins)
    offers = collect_offers(hooks, health)
    check_tables(settings, tuple(offers), health)
    check_deadlines(settings.deadlines)
    return Plugins(hooks, offers, health)
