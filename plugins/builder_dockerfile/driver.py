"""The builder, as small as it is before its first build: the language and the steps are imported then."""

import os
from collections.abc import AsyncGenerator, Callable

from anyio.to_thread import run_sync

from sdk.drivers.builder import Builder, BuildHost
from sdk.engine.build_events import BuildEvent
from sdk.engine.builds import BuildRequest
from sdk.oci.reference import parse_reference


class DockerfileBuilder(Builder):
    """See `sdk.drivers.builder.Builder`. Runs at most `parallelism` steps of a build at once (0: as many as processors, at least 4)."""

    def __init__(self, parallelism: int = 0) -> None:
        self._parallelism = parallelism or max(4, os.cpu_count() or 1)

    async def build(self, request: BuildRequest, host: BuildHost) -> AsyncGenerator[BuildEvent, None]:
        for tag in request.tags:
            parse_reference(tag)
        events = (await run_sync(_events))(request, host, self._parallelism)
        try:
            async for event in events:
                yield event
        finally:
            await events.aclose()


def _events() -> Callable[[BuildRequest, BuildHost, int], AsyncGenerator[BuildEvent, None]]:
    from plugins.builder_dockerfile.making import events  # noqa: PLC0415 - a daemon that builds nothing shall not carry it

    return events
