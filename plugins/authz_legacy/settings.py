"""Settings of the bridge to Docker's authorization plugins."""

from pydantic import Field

from sdk.legacy.settings import DiscoverySettings


class LegacyAuthorizationSettings(DiscoverySettings):
    """The `[plugins.authz_legacy]` table. Times are seconds."""

    timeout: float = Field(30.0, gt=0, description="how long a plugin may take to decide; then the request is refused")
    reconnect: float = Field(
        3.0,
        ge=0,
        description="how long a request waits for a plugin that cannot be reached, as while it is restarted; then it is refused",
    )
    patience: float = Field(
        10.0,
        ge=0,
        description="how long a plugin that the configuration names may take to be there and answer when the daemon starts",
    )
