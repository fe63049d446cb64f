"""The variables that tell a container of a link: where the other one's exposed ports are, and the other's own variables."""

from collections.abc import Iterable, Iterator, Sequence

from sdk.oci.ports import Port

_OF_IMAGES = frozenset({"HOME", "PATH"})
"""Variables that a build gives an image, and that say nothing to others."""


def link_variables(path: str, address: str, ports: Iterable[Port], env: Iterable[str]) -> Iterator[str]:
    """Yield them as Docker does. `path` names the link (/web/db: web's variables begin with `DB_`); `address` is the other container's.

    TCP ports come first, and the first of all has a variable without a number. Ports in a row have variables of where it begins and ends.
    """
    prefix = path.rpartition("/")[2].replace("-", "_").upper()
    ordered = sorted(ports, key=lambda port: (port.protocol != "tcp", port.protocol, port.number))
    for number, protocol in ordered[:1]:
        yield f"{prefix}_PORT={protocol}://{address}:{number}"
    for port in ordered:
        yield from _port(prefix, address, port)
    for row in _rows(ordered):
        yield from _row(prefix, address, row)
    yield f"{prefix}_NAME={path}"
    for variable in env:
        name, equals, _ = variable.partition("=")
        if equals and name not in _OF_IMAGES:
            yield f"{prefix}_ENV_{variable}"


def _port(prefix: str, address: str, port: Port) -> Iterator[str]:
    number, protocol = port
    name = f"{prefix}_PORT_{number}_{protocol.upper()}"
    yield f"{name}={protocol}://{address}:{number}"
    yield f"{name}_ADDR={address}"
    yield f"{name}_PORT={number}"
    yield f"{name}_PROTO={protocol}"


def _row(prefix: str, address: str, row: Sequence[Port]) -> Iterator[str]:
    (first, protocol), (last, _) = row[0], row[-1]
    name = f"{prefix}_PORT_{first}_{protocol.upper()}"
    yield f"{name}_START={protocol}://{address}:{first}"
    yield f"{name}_PORT_START={first}"
    yield f"{name}_END={protocol}://{address}:{last}"
    yield f"{name}_PORT_END={last}"


def _rows(ordered: Iterable[Port]) -> Iterator[list[Port]]:
    """Yield the ports of one protocol that follow one another, where there are at least two."""
    row: list[Port] = []
    for port in ordered:
        if row and port != Port(row[-1].number + 1, row[-1].protocol):
            if len(row) > 1:
                yield row
            row = []
        row.append(port)
    if len(row) > 1:
        yield row
