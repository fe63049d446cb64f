"""Settings of the bridge driver: the table `[plugins.net_bridge]`."""

from ipaddress import IPv4Address

from pydantic import Field, field_validator

from sdk.providers import PluginSettings

_MOST = 0xFFFFFFFF
"""A mark has 32 bits."""


class BridgeSettings(PluginSettings):
    """`pool_size` namespaces are kept ready for the default network and `empty_pool_size` for others, if there are any; a pool that
    runs dry is doubled, up to `pool_limit`."""

    bridge_name: str = Field(
        default="core0",
        min_length=1,
        max_length=15,
        description="the bridge of the network `bridge`; another one for each daemon of a machine",
    )
    pool_size: int = Field(default=8, ge=0, description="namespaces kept ready for the network `bridge`")
    empty_pool_size: int = Field(default=4, ge=0, description="namespaces kept ready for other networks, if there are any")
    pool_limit: int = Field(default=64, ge=0, description="namespaces kept ready at most, after a pool ran dry")
    mtu: int = Field(default=1500, ge=68, le=65535, description="bytes of the largest packet")
    ip_forward: bool = Field(default=True, description="switch on forwarding of IP packets in the kernel")
    publish_default_ip: IPv4Address = Field(
        default=IPv4Address(0), description="where ports are published that name no address; 0.0.0.0 is every address, IPv6 too"
    )
    allow_direct_routing: bool = Field(
        default=False, description="let other hosts reach published ports at containers' own addresses, to which they route"
    )
    accept_fwmark: str = Field(default="", description="let packets with this firewall mark, or mark/mask, in to all containers")
    userland_proxy: bool = Field(
        default=True,
        description="pass clients by IPv6 on to containers that have IPv4 only, by a program that runs once there are some",
    )

    @field_validator("accept_fwmark")
    @classmethod
    def _has_numbers(cls, text: str) -> str:
        if text:
            _mark(text)
        return text

    @property
    def accepted_mark(self) -> str:
        """What a packet's mark is compared with, in nft(8)'s words; "" if no mark counts."""
        if not self.accept_fwmark:
            return ""
        mark, mask = _mark(self.accept_fwmark)
        return f"& {mask:#010x} == {mark & mask:#010x}"


def _mark(text: str) -> tuple[int, int]:
    """Return a mark and its mask. Raises ValueError in Docker's words."""
    mark, _, mask = text.partition("/")
    return _number("mark", mark, text), _number("mask", mask, text) if "/" in text else _MOST


def _number(kind: str, digits: str, text: str) -> int:
    try:
        number = int(digits, 0) if digits.isascii() and digits[:1].isdigit() and "_" not in digits else -1
    except ValueError:
        number = int(digits, 8) if digits.isdigit() and set(digits) <= set("01234567") else -1
    if not 0 <= number <= _MOST:
        raise ValueError(f'invalid firewall {kind} "{text}"')
    return number
