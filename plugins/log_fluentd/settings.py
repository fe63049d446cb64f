"""Settings of the fluentd log driver."""

from sdk.shipping.settings import ShippingSettings


class FluentdSettings(ShippingSettings):
    """The `[plugins.log_fluentd]` table."""
