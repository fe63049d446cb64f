"""The builder, as small as it is before its first build: the language and the steps are imported then."""

import os
from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING

import anyio
from anyio.to_thread import run_sync

from sdk.builder import Builder, BuildHost
from sdk.engine.build_events import BuildEvent
from sdk.engine.builds import BuildRequest
from sdk.oci.image import ExecutionConfig
from sdk.oci.reference import parse_reference

if TYPE_CHECKING:
    from plugins.builder_dockerfile.making import Maker


class DockerfileBuilder(Builder):
    """See `sdk.builder.Builder`. Runs at most `parallelism` steps of a build at once (0: as many as processors, at least 4)."""

    def __init__(self, parallelism: int = 0) -> None:
        self._parallelism = parallelism or max(4, os.cpu_count() or 1)
        self._maker: Maker | None = None

    async def build(self, request: BuildRequest, host: BuildHost) -> AsyncGenerator[BuildEvent, None]:
        for tag in request.tags:
            parse_reference(tag)
        make = await run_sync(_import_maker)
        self._maker = self._maker or make(self._parallelism)
        events = self._maker.events(request, host)
        try:
            async for event in events:
                yield event
        finally:
            with anyio.CancelScope(shield=True):
                await events.aclose()

    def changed(self, config: ExecutionConfig, instructions: Sequence[str]) -> ExecutionConfig:
        if not instructions:
            return config
        from plugins.builder_dockerfile.instructions.changing import changed  # noqa: PLC0415 - as with the maker

        return changed(config, instructions)


def _import_maker() -> "type[Maker]":
    from plugins.builder_dockerfile.making import Maker  # noqa: PLC0415 - a daemon that builds nothing shall not carry it

    return Maker
