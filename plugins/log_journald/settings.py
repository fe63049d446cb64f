"""Settings of the journald log driver."""

from pathlib import Path

from pydantic import Field

from sdk.shipping.settings import ShippingSettings


class JournaldSettings(ShippingSettings):
    """The `[plugins.log_journald]` table."""

    socket: Path = Field(Path("/run/systemd/journal/socket"), description="where the journal listens")
