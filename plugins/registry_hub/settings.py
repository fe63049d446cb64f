"""Settings of the registry backend: the table `[plugins.registry_hub]`."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from sdk.providers import PluginSettings

HUB_NAMES = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"})


def _checked_network(entry: str) -> str:
    if "/" in entry:
        ip_network(entry, strict=False)
    return entry


def _checked_mirrors(mirrors: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    for name in mirrors.keys() & HUB_NAMES:
        raise ValueError(f"{name}: mirrors of Docker Hub are set by registry_mirrors")
    return mirrors


class ProxySettings(BaseModel):
    """The table `[plugins.registry_hub.proxies]`. What is not given here is taken from HTTP_PROXY, HTTPS_PROXY and NO_PROXY."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    http: str = Field(default="", description="URL of the proxy for registries reached by plain HTTP")
    https: str = Field(default="", description="URL of the proxy for registries reached by TLS")
    exceptions: tuple[Annotated[str, AfterValidator(_checked_network)], ...] = Field(
        default=(), description="Names, addresses and networks that are reached without a proxy"
    )


class HubSettings(PluginSettings):
    """Times are seconds, sizes bytes."""

    mirrors: tuple[str, ...] = Field((), description="The daemon's `registry_mirrors`; not to be set here")
    insecure: tuple[Annotated[str, AfterValidator(_checked_network)], ...] = Field(
        (), description="The daemon's `insecure_registries`; not to be set here"
    )
    host_mirrors: Annotated[dict[str, tuple[str, ...]], AfterValidator(_checked_mirrors)] = Field(
        {}, description="Mirrors of other registries than Docker Hub, by host[:port]"
    )
    certificates: tuple[Path, ...] = Field(
        (Path("/etc/core/certs.d"), Path("/etc/docker/certs.d")),
        description="Directories holding HOST/*.crt (authorities) and HOST/*.cert with *.key (client certificate)",
    )
    proxies: ProxySettings = ProxySettings()
    connect_timeout: float = Field(15, gt=0, description="Seconds until a connection must stand")
    stall_timeout: float = Field(
        30, gt=0, description="How long a registry may send nothing before the connection counts as broken"
    )
    reply_timeout: float = Field(
        60, gt=0, description="How long the head of a reply may take, and again a manifest, a list, a token or an error"
    )
    slowest_rate: int = Field(
        128, ge=0, description="Bytes a second, over a stall timeout, below which a blob's connection counts as broken; 0: none"
    )
    retries: int = Field(5, ge=0, description="How often a transient failure is retried without any progress; not of downloads")
    download_attempts: int = Field(
        5,
        ge=0,
        description="Attempts at a blob that may fail one after the other without any progress; with 1 a connection that breaks is the end."
        " What dockerd calls max-download-attempts, unless it is given here",
    )
    backoff: float = Field(0.5, ge=0, description="The first pause between retries; it doubles each time")
    longest_pause: float = Field(60, ge=0, description="The longest pause, also for a registry's Retry-After")
    upload_chunk: int = Field(
        16 << 20,
        ge=0,
        description="Larger blobs are uploaded in chunks of this size, resumed when broken; 0: in one piece, unresumed",
    )
    user_agent: str = Field(default="core-engine", description="What registries are told this is")
