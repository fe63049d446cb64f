"""The exporter's life: its task sends until the daemon stops, and then for a moment more."""

import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib import metadata

import anyio

from plugins.otlp.observer import OtlpObserver, new_client
from plugins.otlp.settings import OtlpSettings
from sdk.providers import PluginContext

_LAST_SECONDS = 2.0
"""So long a stopping daemon waits for the collector."""


@asynccontextmanager
async def running(context: PluginContext, settings: OtlpSettings) -> AsyncIterator[OtlpObserver]:
    """Give the observer while its task runs."""
    observer = OtlpObserver(settings, _resource(context, settings), context.log)
    context.log.info("traces are shipped to %s", settings.url)
    scope, ended = anyio.CancelScope(shield=True), anyio.Event()
    async with new_client(settings) as client, anyio.create_task_group() as tasks:

        async def send() -> None:
            with scope:  # a daemon that stops cancels everything else at once
                await observer.run(client)
            ended.set()

        tasks.start_soon(send)
        try:
            yield observer
        finally:
            observer.finish()
            with anyio.move_on_after(_LAST_SECONDS, shield=True):
                await ended.wait()
            observer.give_up()
            scope.cancel()


def _resource(context: PluginContext, settings: OtlpSettings) -> Mapping[str, str | int]:
    """Return what all spans of the daemon have in common (OpenTelemetry's semantic conventions for resources)."""
    return {
        "service.name": settings.service_name,
        "service.version": metadata.version("core-engine"),
        "service.instance.id": context.instance,
        "process.pid": os.getpid(),
        "host.name": socket.gethostname(),
        "os.type": "linux",
    }
