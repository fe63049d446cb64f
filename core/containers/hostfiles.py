"""The files that tell a container about its network: /etc/hosts, /etc/hostname and /etc/resolv.conf."""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol

from core.containers.record import ContainerRecord
from sdk.engine.containers import NetworkAttachment
from sdk.errors import InvalidArgument

HOST_RESOLV_CONF = Path("/etc/resolv.conf")
RESOLVED_RESOLV_CONF = Path("/run/systemd/resolve/resolv.conf")
"""Where systemd-resolved writes the servers that it asks itself."""

HOST_FILES = {"dockerenv": "/.dockerenv", "hostname": "/etc/hostname", "hosts": "/etc/hosts", "resolv.conf": "/etc/resolv.conf"}
"""The files written here, by name, and where they are seen in every container. The first is empty: programs look for it to find out
that they are in a container."""

_LOOPBACK_HOSTS = """\
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::\tip6-localnet
ff00::\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
"""
_PUBLIC_SERVERS = ("8.8.8.8", "8.8.4.4")
_HOST_GATEWAY = "host-gateway"


class Connection(Protocol):
    """What is known of a connected container's networks."""

    @property
    def networks(self) -> Mapping[str, NetworkAttachment]: ...


def write_host_files(directory: Path, record: ContainerRecord, connection: Connection) -> None:
    """Write the files of `HOST_FILES` into a container's directory. Raises InvalidArgument for a malformed extra host."""
    directory.mkdir(parents=True, exist_ok=True)
    places = tuple(connection.networks.values())
    shares_host = record.host_config.network_mode == "host"
    (directory / "dockerenv").touch()
    (directory / "hostname").write_text(f"{record.config.hostname}\n")
    (directory / "hosts").write_text(_hosts_of(record, places, shares_host=shares_host))
    (directory / "resolv.conf").write_text(_resolv_conf_of(record, places, shares_host=shares_host))


def hosts(names: str, addresses: Iterable[str], extra: Iterable[tuple[str, str]], head: str = _LOOPBACK_HOSTS) -> str:
    """Return an /etc/hosts: the loopback lines (or another head), extra pairs of address and name, and the container's own addresses."""
    lines = [f"{address}\t{name}" for address, name in extra]
    lines += [f"{address}\t{names}" for address in addresses]
    return head + "".join(f"{line}\n" for line in lines)


def extra_hosts(wanted: Iterable[str], gateway: str) -> Iterator[tuple[str, str]]:
    """Yield address and name of each `name:address`, where the address `host-gateway` stands for `gateway`. Raises InvalidArgument."""
    for text in wanted:
        name, separator, address = text.partition(":")
        if not (name and separator and address):
            raise InvalidArgument(f'bad format for add-host: "{text}"')
        if address == _HOST_GATEWAY and not gateway:
            raise InvalidArgument("unable to derive the IP value for host-gateway")
        yield _checked(gateway if address == _HOST_GATEWAY else address.strip("[]")), name


def resolv_conf(
    host: str,
    upstream: str,
    *,
    servers: Iterable[str] = (),
    search: Iterable[str] = (),
    options: Iterable[str] = (),
    ipv6: bool = False,
) -> str:
    """Return a resolv.conf for a network namespace of its own: what is asked for, else the host's.

    A server on the host's loopback cannot be reached from there. When the host has only such servers those of `upstream`, the file of
    systemd-resolved, are taken, and without any Google's public ones, as Docker does. `search` of `.` means no search list.
    """
    chosen = list(servers) or _reachable(host, ipv6) or _reachable(upstream, ipv6) or list(_PUBLIC_SERVERS)
    return _render(host, chosen, list(search), list(options))


def shared_resolv_conf(host: str, servers: Iterable[str], search: Iterable[str], options: Iterable[str]) -> str:
    """Return a resolv.conf for a container in the host's network: the host's file as it stands, with what is asked for instead."""
    wanted, domains, settings = list(servers), list(search), list(options)
    if not (wanted or domains or settings):
        return host
    return _render(host, wanted or _words(host, "nameserver"), domains, settings)


def _hosts_of(record: ContainerRecord, places: tuple[NetworkAttachment, ...], *, shares_host: bool) -> str:
    config = record.config
    names = f"{config.hostname}.{config.domainname} {config.hostname}" if config.domainname else config.hostname
    gateway = "127.0.0.1" if shares_host else next((place.ipv4_gateway for place in places if place.ipv4_gateway), "")
    extra = extra_hosts(record.host_config.extra_hosts, gateway)
    if shares_host:
        return hosts(names, (), extra, _read(Path("/etc/hosts")) or _LOOPBACK_HOSTS)
    addresses = [address for place in places for address in (place.ipv4_address, place.ipv6_address) if address]
    return hosts(names, addresses, extra)


def _resolv_conf_of(record: ContainerRecord, places: tuple[NetworkAttachment, ...], *, shares_host: bool) -> str:
    wanted = record.host_config
    host = _read(HOST_RESOLV_CONF)
    if shares_host:
        return shared_resolv_conf(host, wanted.dns, wanted.dns_search, wanted.dns_options)
    return resolv_conf(
        host,
        _read(RESOLVED_RESOLV_CONF),
        servers=wanted.dns,
        search=wanted.dns_search,
        options=wanted.dns_options,
        ipv6=any(place.ipv6_address for place in places),
    )


def _render(host: str, servers: list[str], search: list[str], options: list[str]) -> str:
    domains = [] if search == ["."] else search or _words(host, "search")
    lines = [f"nameserver {server}" for server in servers]
    lines += [f"search {' '.join(domains)}"] if domains else []
    settings = options or _words(host, "options")
    lines += [f"options {' '.join(settings)}"] if settings else []
    return "".join(f"{line}\n" for line in lines)


def _reachable(text: str, ipv6: bool) -> list[str]:
    """Return a file's servers that a container can reach."""
    servers = []
    for word in _words(text, "nameserver"):
        address, _, zone = word.partition("%")
        try:
            parsed = ip_address(address)
        except ValueError:
            continue
        if not (parsed.is_loopback or zone) and (parsed.version == 4 or ipv6):
            servers.append(word)
    return servers


def _words(text: str, keyword: str) -> list[str]:
    """Return the values of all lines of a keyword (of `search` only the last counts, as for the C library)."""
    lines = [line.split() for line in text.splitlines()]
    found = [line[1:] for line in lines if line and line[0] == keyword]
    if keyword == "search":
        return found[-1] if found else []
    return [word for line in found for word in (line[:1] if keyword == "nameserver" else line)]


def _checked(address: str) -> str:
    try:
        return str(ip_address(address))
    except ValueError:
        raise InvalidArgument(f'invalid IP address in add-host: "{address}"') from None


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
