"""What the daemon's configuration says about containers, networks and transfers that leave a choice open."""

import re
from collections.abc import Callable
from ipaddress import IPv4Interface, IPv6Address, IPv6Interface, ip_address, ip_network
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_URL = re.compile(r"(?P<scheme>(?:[^/?#@]*:)?//)?(?P<authority>[^/?#]*)", re.DOTALL)


def without_credentials(url: str) -> str:
    """Return a URL with user and password hidden (RFC 3986 section 3.2.1), also of a text that is no URL."""
    found = _URL.match(url)
    if found is None or "@" not in found["authority"]:
        return url
    host = found["authority"].rpartition("@")[2]
    return f"{found['scheme'] or ''}xxxxx:xxxxx@{host}{url[found.end() :]}"


def is_url(text: str) -> bool:
    """Tell whether host and port of a URL can be read (RFC 3986 section 3.2); both may be missing."""
    try:
        _ = urlsplit(text).port
    except ValueError:
        return False
    return True


def _optional(check: Callable[[str], str]) -> AfterValidator:
    return AfterValidator(lambda text: check(text) if text else "")


def _checked_address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError(f"{text!r} is not an IP address") from None


def _checked_network(text: str) -> str:
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        raise ValueError(f"{text!r} is not a subnet") from None


def _checked_interface(kind: type[IPv4Interface | IPv6Interface]) -> AfterValidator:
    def check(text: str) -> str:
        try:
            if "/" in text:
                return str(kind(text))
        except ValueError:
            pass
        raise ValueError(f"{text!r} is not an address with a prefix length")

    return _optional(check)


def _checked_version(version: int) -> AfterValidator:
    def check(text: str) -> str:
        address = _checked_address(text)
        if ip_address(address).version != version:
            raise ValueError(f"{text!r} is not an IPv{version} address")
        return address

    return _optional(check)


Address = Annotated[str, AfterValidator(_checked_address)]
OptionalAddress = Annotated[str, _optional(_checked_address)]
OptionalNetwork = Annotated[str, _optional(_checked_network)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ContainerDefaults(_Table):
    """What a container gets whose creator leaves it open. What is read at its creation stays with the container."""

    runtime: str = Field(default="", description="name of the runtime; the chosen runtime driver if empty")
    shm_size: int = Field(default=64 << 20, ge=0, description="bytes of /dev/shm")
    ipc_mode: Literal["private", "shareable"] = Field(default="private", description="whether others may join its IPC namespace")
    cgroupns_mode: Literal["", "host", "private"] = Field(default="", description="empty: private on cgroup v2, host on v1")
    cgroup_parent: str = Field(default="", description="control group that containers are put below")
    init: bool = Field(default=False, description="run an init as each container's first process")
    init_path: str = Field(default="", description="the init to run; docker-init, tini-static or catatonit if empty")
    stop_timeout: int = Field(default=10, ge=0, description="seconds between a container's stop signal and SIGKILL")
    no_new_privileges: bool = Field(
        default=False, description="set-user-ID programs give no further rights (prctl(2), PR_SET_NO_NEW_PRIVS)"
    )
    seccomp_profile: str = Field(default="builtin", description="builtin, unconfined, or the path of a profile")


class BridgeDefaults(_Table):
    """The network `bridge`, which containers are on that name no other."""

    name: str = Field(
        default="", max_length=15, description="a bridge of the administrator's to use; `none`: there is no network `bridge`"
    )
    managed: str = Field(default="", max_length=15, description="name of the daemon's own bridge; the driver's choice if empty")
    bip: Annotated[str, _checked_interface(IPv4Interface)] = Field(
        default="", description="IPv4 address of the bridge, with prefix length"
    )
    bip6: Annotated[str, _checked_interface(IPv6Interface)] = Field(
        default="", description="IPv6 address of the bridge, with prefix length"
    )
    fixed_cidr: OptionalNetwork = Field(default="", description="part of the subnet that containers get addresses from")
    fixed_cidr_v6: OptionalNetwork = Field(
        default="", description="IPv6 subnet, or the part of it that containers get addresses from"
    )
    default_gateway: Annotated[str, _checked_version(4)] = Field(
        default="", description="the router of the subnet that containers use in place of the bridge"
    )
    default_gateway_v6: Annotated[str, _checked_version(6)] = Field(default="", description="the same for IPv6")
    icc: bool = Field(default=True, description="containers reach each other")
    masquerade: bool = Field(default=True, description="containers go out under the host's address")
    host_ip: OptionalAddress = Field(default="", description="where ports are published that name no address")
    ipv6: bool = Field(default=False, description="the network has IPv6 addresses as well")
    mtu: int = Field(default=1500, ge=0, description="bytes of the largest packet")


class AddressPool(_Table):
    """Subnets of prefix length `size` are cut from `base` for networks that name none."""

    base: Annotated[str, AfterValidator(_checked_network)]
    size: int = Field(ge=1, le=128)


class NetworkDefaults(_Table):
    """Networks that name no subnet, and name servers."""

    address_pools: tuple[AddressPool, ...] = Field(default=(), description="where subnets come from; Docker's pools if empty")
    options: dict[str, dict[str, str]] = Field(default={}, description="options of new networks, by driver")
    dns: tuple[Address, ...] = Field(default=(), description="name servers of containers; the host's if empty")
    dns_options: tuple[str, ...] = Field(default=(), description="options of resolv.conf(5)")
    dns_search: tuple[str, ...] = Field(default=(), description="domains that short names are looked up in")
    host_gateway_ips: tuple[Address, ...] = Field(
        default=(), max_length=2, description="what `host-gateway` stands for in --add-host"
    )

    def host_gateway(self, version: int) -> str:
        """Return the configured address of an IP version, or ""."""
        wanted = (text for text in self.host_gateway_ips if isinstance(ip_address(text), IPv6Address) is (version == 6))
        return next(wanted, "")


class Proxies(_Table):
    """Proxies on the way to registries. What is not given is taken from HTTP_PROXY, HTTPS_PROXY and NO_PROXY."""

    http: str = Field(default="", description="URL of the proxy for plain HTTP")
    https: str = Field(default="", description="URL of the proxy for HTTPS")
    none: str = Field(default="", description="hosts and networks reached without a proxy, with commas between")

    def shown(self) -> dict[str, str]:
        """Return what may be told of them, by Docker's names: without users and passwords."""
        urls = {"http-proxy": without_credentials(self.http), "https-proxy": without_credentials(self.https)}
        return {**urls, "no-proxy": self.none}


class Transfers(_Table):
    """How the daemon pulls and pushes."""

    downloads: int = Field(default=6, ge=0, description="layers of pulls that are fetched at once; 0: all")
    uploads: int = Field(default=5, ge=0, description="layers of pushes that are sent at once; 0: all")
    attempts: int = Field(default=5, ge=0, description="attempts at each layer of a pull that may fail in a row")


class NamedRuntime(_Table):
    """A program that containers may name as their runtime: a command line as runc's and crun's."""

    path: str = Field(min_length=1, description="the program, as a path or a name to look for")
    arguments: tuple[str, ...] = Field(default=(), description="what stands in front of its every command")
