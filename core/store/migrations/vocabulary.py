"""0006: containers' configurations become the engine's own values; until then they were bodies of Docker's API, and are read as such."""

import sqlite3

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from sdk.docker import bodies, create
from sdk.docker.endpoints import endpoint_config
from sdk.oci.ports import parse_ports


class _Former(Struct, frozen=True):
    """What of a container's record is written anew."""

    config: bodies.ContainerConfig
    host_config: bodies.HostConfig
    networks: dict[str, bodies.EndpointConfig] = {}


def convert(connection: sqlite3.Connection) -> None:
    """Write the records of all containers, and of their places on networks, anew."""
    for table, converted in (("containers", _container), ("endpoints", _endpoints)):
        rows = connection.execute(f"SELECT key, record FROM {table}").fetchall()
        connection.executemany(f"UPDATE {table} SET record = ? WHERE key = ?", [(converted(record), key) for key, record in rows])


def _container(record: bytes) -> bytes:
    former = msgspec.json.decode(record, type=_Former)
    own = replace(former.config, exposed_ports={})  # an image may have called a port what is none
    config = replace(create.container_config(own), exposed_ports=parse_ports(former.config.exposed_ports))
    fields = msgspec.json.decode(record, type=dict[str, Raw])
    fields["config"] = _encoded(config)
    fields["host_config"] = _encoded(create.host_config(former.host_config))
    fields["networks"] = _encoded({name: endpoint_config(body) for name, body in former.networks.items()})
    fields["opaque"] = _encoded(create.opaque(former.host_config))
    return msgspec.json.encode(fields)


def _endpoints(record: bytes) -> bytes:
    fields = msgspec.json.decode(record, type=dict[str, Raw])
    places = msgspec.json.decode(fields["endpoints"], type=list[Raw]) if "endpoints" in fields else []
    fields["endpoints"] = _encoded([_place(place) for place in places])
    return msgspec.json.encode(fields)


def _place(record: Raw) -> Raw:
    fields = msgspec.json.decode(record, type=dict[str, Raw])
    fields["config"] = _encoded(endpoint_config(msgspec.json.decode(fields["config"], type=bodies.EndpointConfig)))
    return _encoded(fields)


def _encoded(value: object) -> Raw:
    return Raw(msgspec.json.encode(value))
