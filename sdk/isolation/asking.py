"""The first frame: what a process is told of the driver that it is to open."""

import sys
from dataclasses import dataclass

from sdk.isolation.frames import WIRE, Open
from sdk.isolation.kinds import CAPABILITIES
from sdk.providers import PluginContext


@dataclass(frozen=True, slots=True)
class Wanted:
    """A driver: its kind, the module and the name in it of the function that provides it, its settings as JSON, and capabilities beyond those
    of its kind."""

    kind: str
    hook: tuple[str, str]
    settings: str
    capabilities: tuple[str, ...] = ()


def open_request(wanted: Wanted, context: PluginContext, level: int) -> Open:
    """Return the request for a driver, with the level of the log. Its hook is called again in the process."""
    module, hook = wanted.hook
    return Open(
        wire=WIRE,
        kind=wanted.kind,
        plugin=context.name,
        module=module,
        hook=hook,
        settings=wanted.settings,
        data_root=str(context.data_root),
        exec_root=str(context.exec_root),
        instance=context.instance,
        level=level,
        path=tuple(place for place in sys.path if place),
        capabilities=tuple(dict.fromkeys((*CAPABILITIES[wanted.kind], *wanted.capabilities))),
    )
