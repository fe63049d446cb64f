"""Settings of the syslog log driver."""

from sdk.shipping.settings import ShippingSettings


class SyslogSettings(ShippingSettings):
    """The `[plugins.log_syslog]` table."""
