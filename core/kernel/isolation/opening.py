"""Opens an isolated driver: what its process is told, and who hears what it says."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
from pydantic import JsonValue

from core.kernel.isolation.standings import keep_standing
from core.kernel.isolation.supervisor import Resynchronise, Subject, Supervisor
from sdk.events import Event, EventType
from sdk.isolation.asking import Wanted, open_request
from sdk.isolation.calling import Ears
from sdk.isolation.frames import Happened, Logged
from sdk.isolation.telling import A_SECOND, Allowance
from sdk.providers import Kind, PluginContext


class Heard:
    """Hands on what a process says, in measure: a plugin that floods the log or the events is cut short."""

    def __init__(self, kind: Kind, context: PluginContext) -> None:
        self._kind, self._context = kind, context
        self._records, self._events = Allowance(), Allowance()

    @property
    def ears(self) -> Ears:
        """Return these for a connection."""
        return Ears(self.logged, self.happened)

    def logged(self, record: Logged) -> None:
        """Log a record of the plugin's."""
        if self._passes(self._records):
            self._context.log.log(min(max(record.level, logging.DEBUG), logging.CRITICAL), "%s", record.message)

    def said(self, line: str) -> None:
        """Log a line that the process printed."""
        if self._passes(self._records):
            self._context.log.info("%s", line)

    def happened(self, event: Happened) -> None:
        """Publish an event, which must be one of the driver's kind."""
        if not self._passes(self._events):
            return
        if event.kind not in (self._kind.value, EventType.PLUGIN.value):
            self._context.log.warning(
                "an event of the type %.32r is not published: the driver is one of %s", event.kind, self._kind
            )
            return
        self._context.events.publish(
            Event(EventType(event.kind), event.action, event.actor, event.time_ns, event.attributes, event.scope)
        )

    def _passes(self, allowance: Allowance) -> bool:
        passes, dropped = allowance.take()
        if dropped:
            self._context.log.warning("%d messages were dropped: there were more than %d in a second", dropped, A_SECOND)
        return passes


@dataclass(frozen=True, slots=True)
class Asked:
    """The driver that is to be opened: messages call it `name`, `hook` names the module and the function in it that provide it, `table` are its settings; `capabilities` are
    those beyond its kind's; `hangs` tells whether calls take twice their deadlines."""

    kind: Kind
    name: str
    hook: tuple[str, str]
    table: Mapping[str, JsonValue]
    exec_root: Path
    hangs: Callable[[], bool]
    capabilities: tuple[str, ...] = ()


@asynccontextmanager
async def opened(
    asked: Asked, context: PluginContext, resynchronise: Resynchronise
) -> AsyncIterator[tuple[object, Callable[[], str]]]:
    """Open a driver in a process of its own; give it, and what complains of it. Raises what `Supervisor.start` raises."""
    heard = Heard(asked.kind, context)
    wanted = Wanted(asked.kind.value, asked.hook, json.dumps(dict(asked.table)), asked.capabilities)
    request = open_request(wanted, context, context.log.getEffectiveLevel())
    with keep_standing(asked.exec_root, context, asked.kind) as changed:
        supervisor = Supervisor(Subject(asked.name, request, heard.ears, heard.said, asked.hangs), resynchronise, changed)
        driver = await supervisor.start()
        keeping = asyncio.get_running_loop().create_task(supervisor.keep())
        try:
            yield driver, lambda: supervisor.complaint
        finally:
            with anyio.CancelScope(shield=True):
                try:
                    await supervisor.close()
                finally:
                    keeping.cancel()
                    with anyio.CancelScope(shield=True):
                        await asyncio.wait([keeping])
