"""Networks on the wire."""

from msgspec import UNSET, Struct, UnsetType, field

from sdk.docker.bodies import EndpointConfig

_POOL = {
    "subnet": "Subnet",
    "ip_range": "IPRange",
    "gateway": "Gateway",
    "auxiliary_addresses": "AuxiliaryAddresses",
}


class AddressPool(Struct, omit_defaults=True, rename=_POOL):
    subnet: str = ""
    ip_range: str = ""
    gateway: str = ""
    auxiliary_addresses: dict[str, str] = {}


class IPAM(Struct, rename="pascal"):
    driver: str = "default"
    options: dict[str, str] | None = None
    config: list[AddressPool] = []


class ConfigReference(Struct, frozen=True, rename="pascal"):
    network: str = ""


class NetworkContainer(Struct, rename="pascal"):
    name: str
    endpoint_id: str = field(name="EndpointID")
    mac_address: str
    ipv4_address: str = field(name="IPv4Address")
    ipv6_address: str = field(name="IPv6Address")


class SubnetStatus(Struct, rename="pascal"):
    """Counts end at the largest number of 64 bits."""

    ips_in_use: int = field(name="IPsInUse")
    dynamic_ips_available: int = field(name="DynamicIPsAvailable")


class IPAMStatus(Struct, omit_defaults=True, rename="pascal"):
    subnets: dict[str, SubnetStatus] = {}


class NetworkStatus(Struct):
    ipam: IPAMStatus = field(name="IPAM")


class Network(Struct, rename="pascal"):
    name: str
    id: str
    created: str
    scope: str
    driver: str
    enable_ipv4: bool = field(name="EnableIPv4")
    enable_ipv6: bool = field(name="EnableIPv6")
    ipam: IPAM = field(name="IPAM")
    internal: bool
    attachable: bool
    ingress: bool
    containers: dict[str, NetworkContainer] | UnsetType
    options: dict[str, str]
    labels: dict[str, str]
    config_from: ConfigReference = ConfigReference()
    config_only: bool = False
    status: NetworkStatus | UnsetType = UNSET


class NetworkCreateBody(Struct, rename="pascal"):
    name: str = ""
    driver: str = ""
    scope: str = ""
    enable_ipv4: bool | None = field(default=None, name="EnableIPv4")
    enable_ipv6: bool | None = field(default=None, name="EnableIPv6")
    ipam: IPAM = field(default_factory=IPAM, name="IPAM")
    internal: bool = False
    attachable: bool = False
    ingress: bool = False
    config_only: bool = False
    config_from: ConfigReference = ConfigReference()
    options: dict[str, str] = {}
    labels: dict[str, str] = {}


class NetworkCreated(Struct, rename="pascal"):
    id: str
    warning: str = ""


class ConnectBody(Struct, rename="pascal"):
    container: str = ""
    endpoint_config: EndpointConfig = EndpointConfig()


class DisconnectBody(Struct, rename="pascal"):
    container: str = ""
    force: bool = False


class RuleMet(Struct, rename="pascal"):
    """A rule on a packet's way; without effect it does not match."""

    chain: str
    rule: str
    effect: str = ""


class PacketPath(Struct, rename="pascal"):
    """How a packet from `origin` reaches a published port."""

    host_ip: str = field(name="HostIp")
    host_port: int
    container_port: int
    protocol: str
    origin: str
    rules: list[RuleMet]
    result: str


class NetworksPruned(Struct, rename="pascal"):
    networks_deleted: tuple[str, ...]
