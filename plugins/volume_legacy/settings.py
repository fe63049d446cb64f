"""Settings of the bridge to Docker's volume plugins."""

from pydantic import Field

from sdk.legacy.settings import DiscoverySettings


class LegacyVolumeSettings(DiscoverySettings):
    """The `[plugins.volume_legacy]` table. Times are seconds."""

    query_timeout: float = Field(5.0, gt=0, description="how long a plugin may take to tell what it has")
    change_timeout: float = Field(120.0, gt=0, description="how long it may take to make, mount, unmount or remove a volume")
