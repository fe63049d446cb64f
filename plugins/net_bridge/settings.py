"""Settings of the bridge driver: the table `[plugins.net_bridge]`."""

from ipaddress import IPv4Address

from pydantic import Field

from sdk.providers import PluginSettings


class BridgeSettings(PluginSettings):
    """`pool_size` namespaces are kept ready for the default network and `empty_pool_size` for others, if there are any; a pool that
    runs dry is doubled, up to `pool_limit`."""

    bridge_name: str = Field(default="core0", min_length=1, max_length=15)
    pool_size: int = Field(default=8, ge=0)
    empty_pool_size: int = Field(default=4, ge=0)
    pool_limit: int = Field(default=64, ge=0)
    mtu: int = Field(default=1500, ge=68, le=65535)
    ip_forward: bool = True
    publish_default_ip: IPv4Address = Field(
        default=IPv4Address(0), description="where ports are published that name no address; 0.0.0.0 is every address, IPv6 too"
    )
    userland_proxy: bool = Field(
        default=True,
        description="pass clients by IPv6 on to containers that have IPv4 only, by a program that runs once there are some",
    )
