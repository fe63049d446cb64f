"""What of a data root uses a driver, read from its database without being its writer: also while a daemon runs."""

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from core.config import StartupError
from core.store.database import untaken
from core.store.reading import read_only
from sdk.oci.reference import parse_reference
from sdk.providers import Kind

T = TypeVar("T")


class _LogConfig(msgspec.Struct, rename="pascal"):
    type: str = ""


class _HostConfig(msgspec.Struct):
    runtime: str = ""
    log_config: _LogConfig = msgspec.field(default_factory=_LogConfig)


class _Mount(msgspec.Struct):
    type: str = ""
    driver: str = ""


class _Container(msgspec.Struct):
    name: str
    host_config: _HostConfig
    mounts: tuple[_Mount, ...] = ()


class _Driven(msgspec.Struct):
    driver: str = ""
    name: str = ""


class _Network(msgspec.Struct):
    id: str
    config: _Driven


class _Place(msgspec.Struct):
    network_id: str


class _Endpoints(msgspec.Struct):
    name: str
    endpoints: tuple[_Place, ...] = ()


class _Name(msgspec.Struct):
    image: str


@dataclass(frozen=True, slots=True)
class Use:
    """Things of one sort, such as containers, by their names in alphabetical order."""

    noun: str
    names: tuple[str, ...]


def uses(data_root: Path, kind: Kind, names: Collection[str]) -> tuple[Use, ...] | None:
    """Return what uses a driver by one of its names; None for a kind that leaves no mark in the data root. The name "" stands for containers
    that name no driver. Raises sqlite3.DatabaseError, StartupError for the database of an earlier release."""
    path = data_root / "core.db"
    if kind not in _READERS:
        return None
    if not path.exists() or not path.stat().st_size:
        return ()
    with read_only(path) as database:
        if untaken(database):
            raise StartupError(
                f"the database of {data_root} is of an earlier release: start the daemon once, which brings it up to date"
            )
        found = dict(_READERS[kind](database, names))
    return tuple(Use(noun, tuple(sorted(users))) for noun, users in found.items() if users)


_Found = Iterator[tuple[str, list[str]]]


def _storage(database: sqlite3.Connection, drivers: Collection[str]) -> _Found:
    if _records(database, "engine", str).get("storage") in drivers:
        yield "containers", [container.name for container in _containers(database)]
        references = sorted(_records(database, "refs", _Name).items(), key=lambda pair: "@" not in pair[0])  # tags win
        named = {record.image: parse_reference(name).familiar for name, record in references}
        yield "images", [named.get(key, key.partition(":")[2][:12]) for key in _records(database, "images", msgspec.Raw)]


def _runtime(database: sqlite3.Connection, drivers: Collection[str]) -> _Found:
    yield "containers", [container.name for container in _containers(database) if container.host_config.runtime in drivers]


def _log(database: sqlite3.Connection, drivers: Collection[str]) -> _Found:
    yield "containers", [container.name for container in _containers(database) if container.host_config.log_config.type in drivers]


def _network(database: sqlite3.Connection, drivers: Collection[str]) -> _Found:
    networks = {
        record.id: record.config.name
        for record in _records(database, "networks", _Network).values()
        if record.config.driver in drivers
    }
    yield "networks", list(networks.values())
    attached = _records(database, "endpoints", _Endpoints).values()
    yield "containers", [each.name for each in attached if any(place.network_id in networks for place in each.endpoints)]


def _volume(database: sqlite3.Connection, drivers: Collection[str]) -> _Found:
    yield "volumes", [record.name for record in _records(database, "volumes", _Driven).values() if record.driver in drivers]
    yield (
        "containers",
        [
            container.name
            for container in _containers(database)
            if any(mount.type == "volume" and mount.driver in drivers for mount in container.mounts)
        ],
    )


_READERS: Mapping[Kind, Callable[[sqlite3.Connection, Collection[str]], _Found]] = {
    Kind.STORAGE: _storage,
    Kind.RUNTIME: _runtime,
    Kind.LOG: _log,
    Kind.NETWORK: _network,
    Kind.VOLUME: _volume,
}


def _containers(database: sqlite3.Connection) -> list[_Container]:
    return list(_records(database, "containers", _Container).values())


def _records(database: sqlite3.Connection, table: str, record: type[T]) -> dict[str, T]:
    decode = msgspec.json.Decoder(record).decode
    return {key: decode(content) for key, content in database.execute(f"SELECT key, record FROM {table}")}
