"""Settings of the exporter: the table `[plugins.otlp]`."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from sdk.providers import PluginSettings

_PATH = "/v1/traces"


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is not of the form http://HOST:PORT or https://HOST:PORT")
    return url


class OtlpSettings(PluginSettings):
    """An `endpoint` turns the exporter on: `[drivers]` need not name it."""

    endpoint: Annotated[str, AfterValidator(_checked)] = Field(
        "http://127.0.0.1:4318", description="the collector, by OTLP over HTTP; /v1/traces is added to its path"
    )
    headers: dict[str, SecretStr] = Field({}, description="headers of each request, such as an API key")
    service_name: str = Field("core", description="`service.name` of the daemon's spans")
    queue: int = Field(10_000, gt=0, description="spans that may wait for the collector; further ones are dropped")

    @property
    def url(self) -> str:
        """Where spans are sent."""
        return self.endpoint if self.endpoint.endswith(_PATH) else self.endpoint.rstrip("/") + _PATH
