"""Registry logins in headers: base64url JSON. The SDK for Python sends `"email": null`, so a null means absent here too."""

import base64
from contextlib import suppress

from plugins.api_docker.bodies import JSON, convert, object_of, parse_object
from plugins.api_docker.models.images import AuthConfig
from sdk.drivers.registry import Credentials
from sdk.errors import InvalidArgument


def parse_registry_auth(header: str) -> Credentials:
    """Return the login of an `X-Registry-Auth` header. What cannot be read is ignored, as Docker does: it means anonymous."""
    try:
        return credentials(convert(_decoded(header), AuthConfig))
    except (ValueError, InvalidArgument):
        return Credentials()


def parse_registry_config(header: str) -> dict[str, Credentials]:
    """Return the logins of an `X-Registry-Config` header, by registry. What cannot be read is ignored, as Docker does."""
    try:
        return {registry: credentials(convert(object_of(login), AuthConfig)) for registry, login in _decoded(header).items()}
    except (ValueError, InvalidArgument):
        return {}


def credentials(auth: AuthConfig) -> Credentials:
    """Return a login; `auth` is `user:password` in base64, as configuration files have it. One that is not says nothing."""
    username, password = auth.username, auth.password
    if auth.auth and not username:
        with suppress(ValueError):
            username, _, password = base64.b64decode(auth.auth).decode().partition(":")
    return Credentials(username, password, auth.identity_token, auth.registry_token, auth.server_address)


def _decoded(header: str) -> dict[str, JSON]:
    text = base64.urlsafe_b64decode(header.replace("+", "-").replace("/", "_") + "=" * (-len(header) % 4))
    return parse_object(text) if text else {}
