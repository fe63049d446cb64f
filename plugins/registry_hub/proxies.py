"""Which proxy a registry is reached through: the settings', else the environment's, as the daemons of Docker read them."""

import ipaddress
import os
from collections.abc import Mapping

import httpx

from plugins.registry_hub.settings import ProxySettings


class Proxies:
    """Chooses proxies by URL. Without settings of its own the usual variables count, in lower or upper case."""

    def __init__(self, settings: ProxySettings, environment: Mapping[str, str] = os.environ) -> None:
        self._by_scheme = {
            "http": settings.http or _variable(environment, "http_proxy"),
            "https": settings.https or _variable(environment, "https_proxy"),
        }
        exceptions = settings.exceptions or tuple(_variable(environment, "no_proxy").split(","))
        self._exceptions = tuple(entry.strip().lower() for entry in exceptions if entry.strip())

    def of(self, url: httpx.URL) -> str:
        """Return the URL of the proxy for a request; "" for none. This machine is never reached through one."""
        proxy = self._by_scheme.get(url.scheme, "")
        if not proxy or _is_local(url.host) or any(_excepts(entry, url) for entry in self._exceptions):
            return ""
        return proxy if "://" in proxy else f"http://{proxy}"


def _variable(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name) or environment.get(name.upper(), "")


def _is_local(host: str) -> bool:
    address = _address(host)
    return address.is_loopback if address else host == "localhost"


def _excepts(entry: str, url: httpx.URL) -> bool:
    """Tell whether an exception (`*`, a network, or an address or name with or without port) is about a host.

    A name stands for itself and all below it; with a dot in front only for those below.
    """
    if entry == "*":
        return True
    if "/" in entry:
        address = _address(url.host)
        return address is not None and address in ipaddress.ip_network(entry, strict=False)
    name, port = _parted(entry)
    if port and port != str(url.port or {"http": 80, "https": 443}.get(url.scheme)):
        return False
    name = name.removeprefix("*")
    return url.host == name or url.host.endswith(name if name.startswith(".") else f".{name}")


def _parted(entry: str) -> tuple[str, str]:
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        return name, rest.removeprefix(":")
    name, _, port = entry.partition(":")
    return (entry, "") if ":" in port else (name, port)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
