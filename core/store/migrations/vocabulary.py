"""0006: containers' configurations become the engine's own values; until then they were bodies of Docker's API, and are read as such."""

import sqlite3

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from sdk.docker import bodies, create
from sdk.oci.ports import parse_ports


class _Former(Struct, frozen=True):
    """What of a container's record is written anew."""

    config: bodies.ContainerConfig
    host_config: bodies.HostConfig


def convert(connection: sqlite3.Connection) -> None:
    """Write every container's record anew."""
    rows = connection.execute("SELECT key, record FROM containers").fetchall()
    connection.executemany("UPDATE containers SET record = ? WHERE key = ?", [(_converted(record), key) for key, record in rows])


def _converted(record: bytes) -> bytes:
    former = msgspec.json.decode(record, type=_Former)
    own = replace(former.config, exposed_ports={})  # an image may have called a port what is none
    config = replace(create.container_config(own), exposed_ports=parse_ports(former.config.exposed_ports))
    fields = msgspec.json.decode(record, type=dict[str, Raw])
    fields["config"] = _encoded(config)
    fields["host_config"] = _encoded(create.host_config(former.host_config))
    fields["opaque"] = _encoded(create.opaque(former.host_config))
    return msgspec.json.encode(fields)


def _encoded(value: object) -> Raw:
    return Raw(msgspec.json.encode(value))
