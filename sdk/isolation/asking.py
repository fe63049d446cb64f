"""The first frame: what a process is told of the driver that it is to open."""

import sys
from collections.abc import Callable

from sdk.isolation.frames import WIRE, Open
from sdk.providers import PluginContext


def open_request(kind: str, hook: Callable[..., object], context: PluginContext, settings: str, level: int) -> Open:
    """Return the request for the driver that a hook provides, with its settings as JSON and the level of the log.

    The hook is a function of a module: it is called there again.
    """
    return Open(
        wire=WIRE,
        kind=kind,
        plugin=context.name,
        module=hook.__module__,
        hook=hook.__qualname__,
        settings=settings,
        data_root=str(context.data_root),
        exec_root=str(context.exec_root),
        instance=context.instance,
        level=level,
        path=tuple(place for place in sys.path if place),
    )
