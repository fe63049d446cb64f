"""Settings of the registry backend: the table `[plugins.registry_hub]`."""

from pathlib import Path

from pydantic import Field

from sdk.providers import PluginSettings


class HubSettings(PluginSettings):
    """Times are seconds."""

    mirrors: tuple[str, ...] = Field((), description="Mirrors of Docker Hub, tried in order before it; URLs or host[:port]")
    insecure: tuple[str, ...] = Field((), description="host[:port] or CIDR of registries with unverifiable TLS or plain HTTP")
    host_mirrors: dict[str, tuple[str, ...]] = Field({}, description="Mirrors of other registries, by host[:port]")
    certificates: tuple[Path, ...] = Field(
        (Path("/etc/core/certs.d"), Path("/etc/docker/certs.d")),
        description="Directories holding HOST/*.crt (authorities) and HOST/*.cert with *.key (client certificate)",
    )
    connect_timeout: float = Field(15, gt=0)
    stall_timeout: float = Field(
        30, gt=0, description="How long a registry may send nothing before the connection counts as broken"
    )
    retries: int = Field(5, ge=0, description="How often a transient failure is retried without any progress")
    backoff: float = Field(0.5, ge=0, description="The first pause between retries; it doubles each time")
    longest_pause: float = Field(60, ge=0, description="The longest pause, also for a registry's Retry-After")
    user_agent: str = "core-engine"
