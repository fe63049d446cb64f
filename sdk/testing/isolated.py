"""A driver in a process of its own, as the daemon has one whose plugin is isolated, for runs of a contract suite.

Override the fixture `open_driver` of the suite: `partial(isolated, "storage", provide_storage_driver, context, settings)`.
"""

import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar, cast

import anyio
from pydantic import SecretStr
from pydantic_core import to_jsonable_python

from sdk.errors import SkipPlugin, Unavailable
from sdk.isolation.asking import Wanted, open_request
from sdk.isolation.calling import Ears, ProcessEnded
from sdk.isolation.frames import Happened, Logged, Refused, Why
from sdk.isolation.kinds import interfaces_named
from sdk.isolation.methods import Method
from sdk.isolation.process import PluginProcess
from sdk.isolation.proxies import proxy
from sdk.providers import PluginContext, PluginSettings, Provider

_D = TypeVar("_D")
_S = TypeVar("_S", bound=PluginSettings)


class _Direct:
    """Calls without supervision: when the process is gone, it is gone."""

    def __init__(self, process: PluginProcess) -> None:
        self._process = process

    async def call(self, method: Method, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        try:
            return await self._process.caller.call(method, args, kwargs)
        except ProcessEnded:
            raise Unavailable(f"the driver's process is gone: {await self._process.ended()}") from None


def _plain(value: object) -> object:
    """Return what JSON has no form for in one that it has: of a secret its value, which pydantic hides by itself."""
    return value.get_secret_value() if isinstance(value, SecretStr) else to_jsonable_python(value)


@asynccontextmanager
async def isolated(
    kind: str, hook: Callable[[], Provider[_D, _S]], context: PluginContext, settings: PluginSettings
) -> AsyncIterator[_D]:
    """Open a driver by the hook that provides it, in a process that ends with the block. Raises SkipPlugin, Unavailable."""

    def logged(record: Logged) -> None:
        context.log.log(record.level, "%s", record.message)

    def happened(event: Happened) -> None:
        context.log.info("event %s %s", event.kind, event.action)

    process = await PluginProcess.begin(context.name, context.name, Ears(logged, happened), context.log.info)
    try:
        wanted = Wanted(kind, (hook.__module__, hook.__qualname__), json.dumps(settings.model_dump(), default=_plain))
        answer = await process.caller.open(open_request(wanted, context, logging.INFO))
        if isinstance(answer, Refused):
            raise SkipPlugin(answer.reason) if answer.why is Why.SKIP else Unavailable(answer.reason)
        yield cast(_D, proxy(_Direct(process), interfaces_named(answer.interfaces, kind)))
    finally:
        with anyio.CancelScope(shield=True):
            await process.close()
