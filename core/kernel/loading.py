"""Import and register every plugin, each on its own: a broken one is marked and the others do not notice."""

import logging
from collections.abc import Collection, Sequence

from core.kernel.compat import OFFERED, declared_version, incompatibility
from core.kernel.discovery import BUNDLED, Candidate
from core.kernel.health import Health
from core.kernel.hooks import PluginHooks, PluginRejected
from core.sentences import sentence

_log = logging.getLogger(__name__)


def load_plugins(candidates: Sequence[Candidate], health: Health, disabled: Collection[str] = ()) -> PluginHooks:
    """Return the hooks of the plugins that can be imported and keep the rules; what is wrong with the others is in `health`.

    Those that are disabled are not imported. A disabled name that no plugin has is logged: the plugin may be uninstalled.
    """
    hooks = PluginHooks(health)
    names = {candidate.name for candidate in candidates}
    for name in disabled:
        if name not in names:
            _log.warning("disabled_plugins names %s, and no plugin of this name is installed", name)
    for name in sorted(names):
        rivals = [candidate for candidate in candidates if candidate.name == name]
        kept = [rival for rival in rivals if len(rivals) == 1 or rival.distribution == BUNDLED]
        health.found((kept or rivals)[0])
        if name in disabled:
            health.disabled(name)
            continue
        if len(kept) != 1:
            health.failed(name, _announced_twice(rivals))
            continue
        if len(rivals) > 1:
            _log.warning("plugin %s: %s; the engine's own is used", name, _announced_twice(rivals))
        _load(kept[0], hooks, health)
    return hooks


def _load(candidate: Candidate, hooks: PluginHooks, health: Health) -> None:
    try:
        module = candidate.load()
        health.declares(candidate.name, OFFERED if candidate.distribution == BUNDLED else declared_version(module))
        if reason := incompatibility(module):
            health.failed(candidate.name, reason)
            return
        hooks.register(candidate.name, module)
    except PluginRejected as error:
        health.failed(candidate.name, str(error))
    except (Exception, SystemExit) as error:  # noqa: BLE001 importing a plugin may raise anything, even an exit
        _log.debug("plugin %s cannot be imported", candidate.name, exc_info=error)
        health.failed(candidate.name, sentence(error))


def _announced_twice(rivals: Sequence[Candidate]) -> str:
    distributions = " and ".join(rival.distribution for rival in rivals)
    return f"two distributions announce a plugin of this name: {distributions}"
