"""What a client may ask of a network's subnets, in Docker's sentences."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from core.networks.addressing.addresses import Address, Network, parse_address, parse_prefix
from core.networks.endpoint_rules import joined
from sdk.engine.networks import SubnetConfig
from sdk.errors import InvalidArgument


def check_subnets(subnets: Iterable[SubnetConfig], *, ipv6: bool, ipv4: bool = True) -> tuple[SubnetConfig, ...]:
    """Return subnets in the usual notation. Raises InvalidArgument for what cannot be read, and for all that does not go together.

    Subnets of an IP version that is off are left out, as Docker does.
    """
    faults: list[str] = []
    kept: list[SubnetConfig] = []
    for wanted in subnets:
        read = _Read(wanted)
        if read.version == 6 and not ipv6:
            continue
        faults += read.faults()
        if read.version == 6 or ipv4:
            kept.append(read.normal())
    if faults:
        raise InvalidArgument(f"invalid network config:\n{joined(faults)}")
    return tuple(kept)


class _Read:
    """One pool, read. Raises InvalidArgument for what is no address or subnet."""

    def __init__(self, wanted: SubnetConfig) -> None:
        self._wanted = wanted
        self._subnet, self._loose = _prefix(wanted.subnet)
        self._range, self._loose_range = _prefix(wanted.ip_range)
        self._gateway = parse_address(wanted.gateway) if wanted.gateway else None
        self._others = {name: parse_address(text) for name, text in wanted.aux_addresses.items() if text}

    @property
    def version(self) -> int:
        return self._subnet.version if self._subnet is not None else 4

    def normal(self) -> SubnetConfig:
        return replace(
            self._wanted,
            subnet=str(self._subnet or ""),
            ip_range=str(self._range or ""),
            gateway=str(self._gateway or ""),
            aux_addresses={name: str(address) for name, address in self._others.items()},
        )

    def faults(self) -> Iterator[str]:
        if self._loose:
            yield f"invalid subnet {self._wanted.subnet}: it should be {self._subnet}"
        if self._range is not None:
            yield from (f"invalid ip-range {self._wanted.ip_range}: {fault}" for fault in self._range_faults(self._range))
        if self._gateway is not None and (fault := self._address_fault(self._gateway)):
            yield f"invalid gateway {self._wanted.gateway}: {fault}"
        for name, address in self._others.items():
            if fault := self._address_fault(address):
                yield f"invalid auxiliary address {name}: {fault}"

    def _range_faults(self, chosen: Network) -> Iterator[str]:
        if chosen.version != self.version:
            yield f"parent subnet is an IPv{self.version} block"
            return
        if self._subnet is not None and chosen.prefixlen < self._subnet.prefixlen:
            yield f"CIDR block is bigger than its parent subnet {self._subnet}"
        if self._loose_range:
            yield f"it should be {chosen}"
        if not _overlap(self._subnet, chosen):
            yield f"parent subnet {self._subnet or _NO_SUBNET} doesn't contain ip-range"

    def _address_fault(self, address: Address) -> str:
        if address.version != self.version:
            return f"parent subnet is an IPv{self.version} block"
        if self._subnet is None or address not in self._subnet:
            return f"parent subnet {self._subnet or _NO_SUBNET} doesn't contain this address"
        return ""


_NO_SUBNET = "invalid Prefix"
"""What Go prints of a subnet that was not given."""


def _prefix(text: str) -> tuple[Network | None, bool]:
    return parse_prefix(text) if text else (None, False)


def _overlap(one: Network | None, other: Network) -> bool:
    return one is not None and one.version == other.version and one.overlaps(other)
