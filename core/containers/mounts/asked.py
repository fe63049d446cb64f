"""What is asked of mounts, checked and turned into records, whatever frontend it came from."""

from core.containers.mounts.record import MountRecord
from core.containers.mounts.recursive_readonly import HAS_RECURSIVE_READONLY
from sdk.engine.mounts import PROPAGATIONS, Mount, MountType, checked_destination, checked_path, checked_subpath, invalid_mount


def record_of(mount: Mount) -> MountRecord:
    """Return the record of a mount; a volume in it is not made yet. Raises InvalidArgument."""
    destination = checked_destination(mount.destination, mount.type)
    match mount.type:
        case MountType.BIND:
            return _bind(mount, destination)
        case MountType.VOLUME:
            return _volume(mount, destination)
        case MountType.IMAGE:
            return _image(mount, destination)
        case MountType.TMPFS:
            return MountRecord(
                type=mount.type,
                source="",
                destination=destination,
                writable=not mount.read_only,
                options=mount.options,
                shown=mount.shown,
            )


def _bind(mount: Mount, destination: str) -> MountRecord:
    if not mount.source:
        raise invalid_mount(mount.type, "field Source must not be empty")
    if mount.propagation and mount.propagation not in PROPAGATIONS:
        raise invalid_mount(mount.type, f"invalid propagation mode: {mount.propagation}")
    if mount.needs_recursive_readonly and not HAS_RECURSIVE_READONLY:
        raise invalid_mount(mount.type, "this kernel cannot make mounts recursively read-only (Linux 5.12 can)")
    return MountRecord(
        type=mount.type,
        source=checked_path(mount.source, mount.type),
        destination=destination,
        writable=not mount.read_only,
        propagation=mount.propagation,
        create_source=mount.create_source,
        recursive=mount.recursive,
        recursive_readonly=mount.recursive_readonly,
        shown=mount.shown,
    )


def _volume(mount: Mount, destination: str) -> MountRecord:
    return MountRecord(
        type=mount.type,
        source="",
        destination=destination,
        writable=not mount.read_only,
        name=mount.source,
        driver=mount.driver,
        subpath=checked_subpath(mount.subpath, mount.type),
        copy_up=mount.copy_up,
        anonymous=not mount.source,
        shown=mount.shown,
    )


def _image(mount: Mount, destination: str) -> MountRecord:
    if not mount.source:
        raise invalid_mount(mount.type, "field Source must not be empty")
    return MountRecord(
        type=mount.type,
        source="",
        destination=destination,
        writable=False,
        name=mount.source,
        subpath=checked_subpath(mount.subpath, mount.type),
        shown=mount.shown,
    )
