"""The first frame: what a process is told of the driver that it is to open."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

from sdk.isolation.frames import WIRE, Open
from sdk.isolation.kinds import CAPABILITIES
from sdk.providers import PluginContext


@dataclass(frozen=True, slots=True)
class Wanted:
    """A driver: its kind, the function of a module that provides it, its settings as JSON, and capabilities beyond those of its kind."""

    kind: str
    hook: Callable[..., object]
    settings: str
    capabilities: tuple[str, ...] = ()


def open_request(wanted: Wanted, context: PluginContext, level: int) -> Open:
    """Return the request for a driver, with the level of the log. Its hook is called again in the process."""
    return Open(
        wire=WIRE,
        kind=wanted.kind,
        plugin=context.name,
        module=wanted.hook.__module__,
        hook=wanted.hook.__qualname__,
        settings=wanted.settings,
        data_root=str(context.data_root),
        exec_root=str(context.exec_root),
        instance=context.instance,
        level=level,
        path=tuple(place for place in sys.path if place),
        capabilities=tuple(dict.fromkeys((*CAPABILITIES[wanted.kind], *wanted.capabilities))),
    )
