"""List filters for containers (`docker ps --filter`)."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from core.filters import label_matches
from core.patterns import Patterns
from sdk.engine.containers import ContainerInfo, ContainerState, Filters, HealthStatus
from sdk.errors import InvalidArgument
from sdk.oci.ports import port_range
from sdk.text import truth


@dataclass(frozen=True, slots=True)
class Lookups:
    """What filters need from the other rooms: image IDs an ancestor stands for, and a container by reference."""

    descendants: Callable[[str], frozenset[str]]
    container: Callable[[str], ContainerInfo]


Predicate = Callable[[ContainerInfo, str, Lookups], bool]


def matching(infos: list[ContainerInfo], filters: Filters, lookups: Lookups) -> list[ContainerInfo]:
    """Return the containers that match every key by one of its values, and have every label wanted. A key without values says nothing.

    Raises InvalidArgument for unknown keys and values.
    """
    for key, values in filters.items():
        if key != "name" and key not in _PREDICATES:
            raise InvalidArgument(f"invalid filter '{key}'")
        for value in values:
            _check(key, value)
        if values:
            infos = _named(infos, values) if key == "name" else _chosen(infos, key, values, lookups)
    return infos


def _chosen(infos: list[ContainerInfo], key: str, values: tuple[str, ...], lookups: Lookups) -> list[ContainerInfo]:
    predicate, quantifier = _PREDICATES[key], all if key == "label" else any
    return [info for info in infos if quantifier(predicate(info, value, lookups) for value in values)]


def _named(infos: list[ContainerInfo], values: tuple[str, ...]) -> list[ContainerInfo]:
    """Return the containers of which a name, with or without its slash, or that of a link to one, matches."""
    patterns = Patterns(values)
    return [info for info in infos if any(patterns.match(f"/{name}", name) for name in (info.name, *info.link_names))]


def _check(key: str, value: str) -> None:
    if key in _ALLOWED and not _ALLOWED[key](value):
        raise InvalidArgument(f"invalid filter '{key}={value}'")
    if key == "exited" and not _CODE.fullmatch(value):
        raise InvalidArgument(f"invalid filter 'exited={value}'")


_CODE = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_ALLOWED: dict[str, Callable[[str], bool]] = {
    "status": frozenset(ContainerState).__contains__,
    "health": frozenset(HealthStatus).__contains__,
    "is-task": lambda value: truth(value) is not None,
}


def _health(info: ContainerInfo, value: str, _: Lookups) -> bool:
    return (info.health.status if info.health else HealthStatus.NONE) == value


def _ancestor(info: ContainerInfo, value: str, lookups: Lookups) -> bool:
    return info.image_id in lookups.descendants(value)


def _volume(info: ContainerInfo, value: str, _: Lookups) -> bool:
    return any(value in (mount.name, mount.destination, mount.source) for mount in info.mounts)


def _network(info: ContainerInfo, value: str, _: Lookups) -> bool:
    return any(value == name or attachment.network_id.startswith(value) for name, attachment in info.networks.items())


def _in_range(number: int, protocol: str, wanted: str) -> bool:
    span, _, wanted_protocol = wanted.partition("/")
    if not span:
        raise InvalidArgument("invalid port: value is empty")
    first, last = port_range(span)
    return protocol == (wanted_protocol or "tcp") and first <= number <= (last or first)


def _publish(info: ContainerInfo, value: str, _: Lookups) -> bool:
    return any(_in_range(port.host_port, port.protocol, value) for port in info.ports)


def _expose(info: ContainerInfo, value: str, _: Lookups) -> bool:
    return any(_in_range(*port, value) for port in info.config.exposed_ports)


def _created(info: ContainerInfo) -> int:
    return info.created_ns


_PREDICATES: dict[str, Predicate] = {
    "id": lambda info, value, _: info.id.startswith(value),
    "label": lambda info, value, _: label_matches(info.config.labels, value),
    "status": lambda info, value, _: info.state == value,
    "exited": lambda info, value, _: info.state is ContainerState.EXITED and info.exit_code == int(value),
    "health": _health,
    "ancestor": _ancestor,
    "before": lambda info, value, lookups: _created(info) < _created(lookups.container(value)),
    "since": lambda info, value, lookups: _created(info) > _created(lookups.container(value)),
    "volume": _volume,
    "network": _network,
    "publish": _publish,
    "expose": _expose,
    "is-task": lambda _info, value, _: truth(value) is False,
    "isolation": lambda _info, value, _: value in ("", "default"),
}
