"""Settings of the gelf log driver."""

from sdk.shipping.settings import ShippingSettings


class GelfSettings(ShippingSettings):
    """The `[plugins.log_gelf]` table."""
