"""The files that tell a container about its network: /etc/hosts, /etc/hostname and /etc/resolv.conf."""

from collections.abc import Container, Iterable, Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol

from core.containers.files.resolv_conf import host_resolv_conf, is_short, read_text, resolv_conf_of, shared_resolv_conf
from core.containers.life.record import ContainerRecord
from sdk.engine.config import ContainerConfig, HostEntry
from sdk.engine.containers import NetworkAttachment
from sdk.errors import InvalidArgument
from sdk.linux.atomic import rewrite_lines
from sdk.oci.runtime import Mount
from sdk.text import lines

NETWORK_FILES = {"hostname": "/etc/hostname", "hosts": "/etc/hosts", "resolv.conf": "/etc/resolv.conf"}
"""The files written here, by name, and where they are seen in every container."""

DOCKERENV = "/.dockerenv"
"""An empty file that programs look for to find out that they are in a container."""

HOST_FILES = (DOCKERENV, *NETWORK_FILES.values())
"""Where the engine's own files are seen in every container."""

_LOOPBACK_HOSTS = """\
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::\tip6-localnet
ff00::\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
"""
_LOOPBACK_HOSTS_4 = "127.0.0.1\tlocalhost\n"
_IPV6_SWITCHES = ("net.ipv6.conf.all.disable_ipv6", "net.ipv6.conf.lo.disable_ipv6")

Pairs = Iterable[tuple[str, str]]
"""Addresses and the names they have."""


class Connection(Protocol):
    """What is known of a connected container's networks."""

    @property
    def networks(self) -> Mapping[str, NetworkAttachment]: ...


def write_host_files(directory: Path, record: ContainerRecord, connection: Connection, links: Pairs = ()) -> None:
    """Write the files of `NETWORK_FILES` into a container's directory, which is on disk: a container may write to them as much as it likes.

    Raises InvalidArgument where the host has no address, OSError.
    """
    places = tuple(connection.networks.values())
    shares_host = record.host_config.network_mode.is_host
    contents = {
        "hostname": f"{record.config.hostname}\n",
        "hosts": _hosts_of(record, places, links, shares_host=shares_host),
        "resolv.conf": _resolv_conf_of(record, places, shares_host=shares_host),
    }
    for name, content in contents.items():
        _write(directory / name, content)


def remove_host_files(directory: Path) -> None:
    """Remove what `write_host_files` wrote; idempotent."""
    for name in NETWORK_FILES:
        (directory / name).unlink(missing_ok=True)


def host_file_mounts(directory: Path, exec_root: Path, taken: Container[str] = (), *, readonly: bool = False) -> Iterator[Mount]:
    """Yield the mounts of the engine's own files but for those at places that are `taken`. `readonly` says that the root is.

    /.dockerenv is one file for all containers, which none can write to.
    """
    access = "ro" if readonly else "rw"
    for name, place in NETWORK_FILES.items():
        if place not in taken:
            yield Mount(place, "bind", str(directory / name), ("rbind", "rprivate", access))
    if DOCKERENV not in taken:
        shared = exec_root / "dockerenv"
        shared.touch(mode=0o444)
        yield Mount(DOCKERENV, "bind", str(shared), ("rbind", "rprivate", "ro"))


def refresh_host_files(directory: Path, record: ContainerRecord, networks: Mapping[str, NetworkAttachment]) -> None:
    """Make a running container's files tell of the networks it is on now. What a process or a client wrote into them stays."""
    places = tuple(networks.values())
    rename_in_hosts(directory, names_of_host(record.config), _spoken(record, _addresses_of(places)))
    wanted = _resolv_conf_of(record, places, shares_host=False)
    file = directory / "resolv.conf"
    other = resolv_conf_of(record.host_config, embedded=not _has_names(places), ipv6=_has_ipv6(places))
    if wanted != other and read_text(file) == other:
        _write(file, wanted)


def rename_in_hosts(directory: Path, names: str, addresses: Iterable[str]) -> None:
    """Make addresses the ones of these names in a running container's /etc/hosts, whose inode it has mounted. One that the container
    has made longer than any of its kind stays as it is."""
    file = directory / "hosts"
    if not is_short(file):
        return
    kept = [line for line in lines(read_text(file)) if line.partition("\t")[2] != names]
    _write(file, "".join(f"{line}\n" for line in (*kept, *(f"{address}\t{names}" for address in addresses))))


def _write(file: Path, content: str) -> None:
    """Give a file a text which is in part what `read_text` returned."""
    rewrite_lines(file, content.encode(errors="surrogateescape"))


def hosts(names: str, addresses: Iterable[str], extra: Iterable[tuple[str, str]], head: str = _LOOPBACK_HOSTS) -> str:
    """Return an /etc/hosts: the loopback lines (or another head), extra pairs of address and name, and the container's own addresses."""
    entries = [f"{address}\t{name}" for address, name in extra]
    entries += [f"{address}\t{names}" for address in addresses]
    return head + "".join(f"{entry}\n" for entry in entries)


def extra_hosts(wanted: Iterable[HostEntry], gateway: str) -> Iterator[tuple[str, str]]:
    """Yield address and name of each entry; `gateway` is the host's address. Raises InvalidArgument."""
    for entry in wanted:
        address = entry.address or gateway
        if not address:
            raise InvalidArgument("unable to derive the IP value for host-gateway")
        yield address, entry.name


def check_extra_hosts(wanted: Iterable[HostEntry]) -> None:
    """Raise InvalidArgument for an entry that is none."""
    for entry in wanted:
        try:
            if entry.address:
                ip_address(entry.address)
        except ValueError:
            raise InvalidArgument(f'invalid IP address in add-host: "{entry.address}"') from None
        if not entry.name:
            raise InvalidArgument(f'bad format for add-host: ":{entry.address}"')


def _hosts_of(record: ContainerRecord, places: tuple[NetworkAttachment, ...], links: Pairs, *, shares_host: bool) -> str:
    gateway = "127.0.0.1" if shares_host else next((place.ipv4_gateway for place in places if place.ipv4_gateway), "")
    extra = [*extra_hosts(record.host_config.extra_hosts, gateway), *links]
    if shares_host:
        return hosts(names_of_host(record.config), (), extra, read_text(Path("/etc/hosts")) or _LOOPBACK_HOSTS)
    if _is_without_ipv6(record):
        extra = [(address, name) for address, name in extra if ":" not in address]
        return hosts(names_of_host(record.config), _spoken(record, _addresses_of(places)), extra, _LOOPBACK_HOSTS_4)
    return hosts(names_of_host(record.config), _addresses_of(places), extra)


def _resolv_conf_of(record: ContainerRecord, places: tuple[NetworkAttachment, ...], *, shares_host: bool) -> str:
    wanted = record.host_config
    if shares_host:
        return shared_resolv_conf(host_resolv_conf(), wanted.dns, wanted.dns_search, wanted.dns_options)
    return resolv_conf_of(wanted, embedded=_has_names(places), ipv6=_has_ipv6(places))


def names_of_host(config: ContainerConfig) -> str:
    """Return a container's own names as /etc/hosts lists them: the full one and, if that has dots, what stands before the first."""
    full = f"{config.hostname}.{config.domainname}" if config.domainname else config.hostname
    short = full.partition(".")[0]
    return f"{full} {short}" if short and short != full else full


def _is_without_ipv6(record: ContainerRecord) -> bool:
    """Tell whether a container's kernel parameters switch IPv6 off."""
    return any(record.host_config.sysctls.get(switch) == "1" for switch in _IPV6_SWITCHES)


def _spoken(record: ContainerRecord, addresses: Iterable[str]) -> list[str]:
    """Return the addresses of IP versions that a container speaks."""
    return [address for address in addresses if ":" not in address or not _is_without_ipv6(record)]


def _addresses_of(places: tuple[NetworkAttachment, ...]) -> list[str]:
    return [address for place in places for address in (place.ipv4_address, place.ipv6_address) if address]


def _has_names(places: tuple[NetworkAttachment, ...]) -> bool:
    """Tell whether a container is on a user-defined network, where others have names."""
    return any(place.dns_names for place in places)


def _has_ipv6(places: tuple[NetworkAttachment, ...]) -> bool:
    return any(place.ipv6_address for place in places)
