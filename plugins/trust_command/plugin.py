"""Registration of the command verifier."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from plugins.trust_command.settings import NAME, CommandSettings
from sdk.drivers.verifier import ImageVerifier
from sdk.hookspecs import hookimpl
from sdk.providers import PluginContext, VerifierProvider

CONTRACT = ""
"""The suite needs more than the machine has: a program to ask."""


@asynccontextmanager
async def open_verifier(_context: PluginContext, settings: CommandSettings) -> AsyncIterator[ImageVerifier]:
    """Open the policy; the program is run when there is something to ask."""
    from plugins.trust_command.verifier import CommandVerifier  # noqa: PLC0415 - costs memory only where it is chosen

    yield CommandVerifier(settings)


@hookimpl
def provide_image_verifier() -> VerifierProvider[CommandSettings]:
    """Provide the verifier `command`."""
    return VerifierProvider(NAME, CommandSettings, open_verifier)
