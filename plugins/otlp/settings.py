"""Settings of the exporter: the table `[plugins.otlp]`."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from sdk.providers import PluginSettings

_PATH = "/v1/traces"
_PORTS = range(1, 1 << 16)
_HOST = re.compile(r"[^\s%/?#@]+")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_USER = re.compile(r"://[^/?#]*@")
_VALUE = re.compile(r"([!-~]([ \t!-~]*[!-~])?)?")
_OWN = frozenset({"accept-encoding", "connection", "content-encoding", "content-length", "content-type", "transfer-encoding"})


def _checked(url: str) -> str:
    import httpx  # noqa: PLC0415 - costs memory only where an endpoint is set

    wrong = f"{url!r} is not of the form http://HOST:PORT or https://HOST:PORT"
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError(wrong) from error
    port = _PORTS[0] if parts.port is None else parts.port
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.host) or port not in _PORTS:
        raise ValueError(wrong)
    if parts.query or parts.fragment:
        raise ValueError(f"{wrong}: it has a query or a fragment")
    return url


def _sendable(headers: dict[str, SecretStr]) -> dict[str, SecretStr]:
    """Check headers by RFC 9110, section 5. A value is never told: it may be a key."""
    for name, value in headers.items():
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a header")
        if name.lower() in _OWN:
            raise ValueError(f"the header {name} is the exporter's own")
        if not _VALUE.fullmatch(value.get_secret_value()):
            raise ValueError(f"the value of the header {name} is not of printable ASCII characters, with none of space around it")
    return headers


class OtlpSettings(PluginSettings):
    """An `endpoint` turns the exporter on: `[drivers]` need not name it."""

    endpoint: Annotated[str, AfterValidator(_checked)] = Field(
        "http://127.0.0.1:4318", description="the collector, by OTLP over HTTP; /v1/traces is added to its path"
    )
    headers: Annotated[dict[str, SecretStr], AfterValidator(_sendable)] = Field(
        {}, description="headers of each request, such as an API key"
    )
    service_name: str = Field("core", description="`service.name` of the daemon's spans")
    queue: int = Field(10_000, gt=0, description="spans that may wait for the collector; further ones are dropped")

    @property
    def url(self) -> str:
        """Where spans are sent, without the user and password of the endpoint: it is logged."""
        place = _USER.sub("://", self.endpoint)
        return place if place.endswith(_PATH) else place.rstrip("/") + _PATH
