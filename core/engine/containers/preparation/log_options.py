"""Options of a container's log."""

from core.engine.context import EngineContext
from sdk.engine.config import LogConfig


def log_options(context: EngineContext, config: LogConfig) -> dict[str, str]:
    """Return a container's log options over the daemon's defaults, which belong to the default driver only."""
    defaults = dict(context.settings.log_options) if config.type in ("", context.drivers.log_name) else {}
    return {**defaults, **config.config}
