"""A mount of a container as the database keeps it."""

from collections.abc import Iterable

from msgspec import Struct

from sdk.engine.containers import MountPoint


class MountRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One mount, decided at create.

    `type` is bind, volume, tmpfs or image. For a volume `name` and `driver` say which one and `source` is where it was at create; for an image
    `name` is what it was asked for by, and `source` its ID.
    `copy_up` fills an empty volume with the image's content;
    `anonymous` volumes go with their container. `create_source` makes a missing bind source as a directory. A `recursive_readonly` mount that is not
    writable makes what is mounted below its source read-only too. `options` are tmpfs'.
    A mount that is not `shown` is not listed among a container's mounts, and others do not get it with its volumes.
    """

    type: str
    source: str
    destination: str
    writable: bool = True
    name: str = ""
    driver: str = ""
    propagation: str = ""
    subpath: str = ""
    copy_up: bool = False
    anonymous: bool = False
    create_source: bool = False
    recursive: bool = True
    recursive_readonly: bool = True
    options: tuple[str, ...] = ()
    shown: bool = True


def mount_points(records: Iterable[MountRecord]) -> tuple[MountPoint, ...]:
    """Return what inspect shows of a container's mounts."""
    return tuple(
        MountPoint(
            type=record.type,
            source=record.source,
            destination=record.destination,
            writable=record.writable,
            name=record.name,
            driver=record.driver,
            propagation=record.propagation,
        )
        for record in records
        if record.shown
    )


def volume_names(records: Iterable[MountRecord]) -> tuple[str, ...]:
    """Return the names of the volumes among some mounts."""
    return tuple(record.name for record in records if record.type == "volume")
