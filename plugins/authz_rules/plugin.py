"""Registration of the rules."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from plugins.authz_rules.settings import RulesSettings
from sdk.drivers.authorizer import Authorizer
from sdk.hookspecs import hookimpl
from sdk.providers import AuthorizerProvider, PluginContext

CONTRACT = "plugins.authz_rules.contract"


@asynccontextmanager
async def open_authorizer(_context: PluginContext, settings: RulesSettings) -> AsyncIterator[Authorizer]:
    """Open the policy; it holds nothing. Raises InvalidArgument for rules that cannot be read."""
    from plugins.authz_rules.authorizer import RulesAuthorizer  # noqa: PLC0415 - costs memory only where it is chosen

    authorizer = RulesAuthorizer(settings.file)
    await authorizer.reload()
    yield authorizer


@hookimpl
def provide_authorizer() -> AuthorizerProvider[RulesSettings]:
    """Provide the authorizer `rules`."""
    return AuthorizerProvider("rules", RulesSettings, open_authorizer)
