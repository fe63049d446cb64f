"""Registry logins in headers: base64url JSON."""

import base64
import binascii

import msgspec

from plugins.api_docker.models.images import AuthConfig
from sdk.drivers.registry import Credentials


def parse_registry_auth(header: str) -> Credentials:
    """Return the login of an `X-Registry-Auth` header. What cannot be read is ignored, as Docker does: it means anonymous."""
    try:
        decoded = base64.urlsafe_b64decode(header.replace("+", "-").replace("/", "_") + "=" * (-len(header) % 4))
        return credentials(msgspec.json.decode(decoded, type=AuthConfig)) if decoded else Credentials()
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return Credentials()


def credentials(auth: AuthConfig) -> Credentials:
    """Return a login; `auth` is `user:password` in base64, as configuration files have it."""
    username, password = auth.username, auth.password
    if auth.auth and not username:
        username, _, password = base64.b64decode(auth.auth).decode().partition(":")
    return Credentials(username, password, auth.identity_token, auth.registry_token, auth.server_address)
