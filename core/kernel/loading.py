"""Import and register every plugin, each on its own: a broken one is marked and the others do not notice."""

import logging
from collections import Counter
from collections.abc import Sequence

from core.kernel.compat import incompatibility
from core.kernel.discovery import Candidate
from core.kernel.health import Health, sentence
from core.kernel.registry import PluginRegistry, PluginRejected

_log = logging.getLogger(__name__)


def load_plugins(candidates: Sequence[Candidate], health: Health) -> PluginRegistry:
    """Return a registry of the plugins that can be imported and keep the rules; what is wrong with the others is in `health`."""
    registry = PluginRegistry(health)
    holders = Counter(candidate.name for candidate in candidates)
    for candidate in candidates:
        health.found(candidate)
        if holders[candidate.name] > 1:
            health.failed(candidate.name, _announced_twice(candidate.name, candidates))
        else:
            _load(candidate, registry, health)
    return registry


def _load(candidate: Candidate, registry: PluginRegistry, health: Health) -> None:
    try:
        module = candidate.load()
        if reason := incompatibility(module):
            health.failed(candidate.name, reason)
            return
        registry.register(candidate.name, module)
    except PluginRejected as error:
        health.failed(candidate.name, str(error))
    except (Exception, SystemExit) as error:  # noqa: BLE001 importing a plugin may raise anything, even an exit
        _log.debug("plugin %s cannot be imported", candidate.name, exc_info=error)
        health.failed(candidate.name, sentence(error))


def _announced_twice(name: str, candidates: Sequence[Candidate]) -> str:
    distributions = " and ".join(candidate.distribution for candidate in candidates if candidate.name == name)
    return f"two distributions announce a plugin of this name: {distributions}"
