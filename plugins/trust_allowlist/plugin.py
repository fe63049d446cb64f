"""Registration of the allowlist."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from plugins.trust_allowlist.settings import NAME, AllowlistSettings
from sdk.drivers.verifier import ImageVerifier
from sdk.hookspecs import hookimpl
from sdk.providers import PluginContext, VerifierProvider

CONTRACT = "plugins.trust_allowlist.contract"


@asynccontextmanager
async def open_verifier(_context: PluginContext, settings: AllowlistSettings) -> AsyncIterator[ImageVerifier]:
    """Open the policy; it holds nothing."""
    from plugins.trust_allowlist.verifier import AllowlistVerifier  # noqa: PLC0415 - costs memory only where it is chosen

    yield AllowlistVerifier(settings)


@hookimpl
def provide_image_verifier() -> VerifierProvider[AllowlistSettings]:
    """Provide the verifier `allowlist`."""
    return VerifierProvider(NAME, AllowlistSettings, open_verifier)
