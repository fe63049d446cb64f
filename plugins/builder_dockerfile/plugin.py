"""The Dockerfile builder, as the engine's kernel sees it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from plugins.builder_dockerfile.driver import DockerfileBuilder
from plugins.builder_dockerfile.settings import DockerfileSettings
from sdk.hookspecs import hookimpl
from sdk.providers import BuilderProvider, PluginContext


@asynccontextmanager
async def open_builder(context: PluginContext, settings: DockerfileSettings) -> AsyncIterator[DockerfileBuilder]:
    """Open the builder; it keeps nothing itself."""
    del context
    yield DockerfileBuilder(settings.parallelism)


@hookimpl
def provide_builder() -> BuilderProvider[DockerfileSettings]:
    """Provide the builder `dockerfile`."""
    return BuilderProvider("dockerfile", DockerfileSettings, open_builder)
