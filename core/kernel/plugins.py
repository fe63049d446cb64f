"""All plugins of this process, found, loaded and asked for their drivers."""

from dataclasses import dataclass

from core.config import Settings
from core.kernel.discovery import discover
from core.kernel.health import Health
from core.kernel.hooks import PluginHooks
from core.kernel.loading import load_plugins
from core.kernel.offers import Offers, collect_offers
from core.kernel.tables import check_tables


@dataclass(frozen=True, slots=True)
class Plugins:
    """Their hooks, what they offer and how they are."""

    hooks: PluginHooks
    offers: Offers
    health: Health


def find_plugins(settings: Settings) -> Plugins:
    """Load all plugins and check their tables. Raises ConfigurationError for a wrong table; a broken plugin is only marked."""
    health = Health()
    candidates = discover()
    hooks = load_plugins(candidates, health)
    offers = collect_offers(hooks, health)
    check_tables(settings, offers, health)
    return Plugins(hooks, offers, health)
