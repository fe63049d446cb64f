"""Docker's authorization plugins, offered to the kernel."""

from plugins.authz_legacy.settings import LegacyAuthorizationSettings
from plugins.authz_legacy.source import open_source
from sdk.hookspecs import hookimpl
from sdk.providers import AuthorizerProvider

CONTRACT = ""
"""The suite needs more than the machine has: a legacy plugin that runs."""


@hookimpl
def provide_authorizer() -> AuthorizerProvider[LegacyAuthorizationSettings]:
    return AuthorizerProvider("legacy", LegacyAuthorizationSettings, open_source, frozenset({"names"}))
