"""Going on with other settings, at SIGHUP."""

import os
from collections.abc import Mapping

from core.engine.context import EngineContext, EngineSettings
from sdk.events import EventType


def reload(context: EngineContext, settings: EngineSettings, attributes: Mapping[str, str]) -> None:
    """Go on with other settings, and publish the daemon's event `reload`, whose attributes say what holds now."""
    context.live_settings.current = settings
    context.events.emit(EventType.DAEMON, "reload", settings.engine_id, {**attributes, "name": os.uname().nodename})
