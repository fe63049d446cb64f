"""Mounts of a container, of one shape whatever a client said them with."""

import posixpath
from enum import StrEnum

from msgspec import Struct

from sdk.errors import InvalidArgument

PROPAGATIONS = frozenset({"private", "rprivate", "slave", "rslave", "shared", "rshared"})
"""How mounts made later below one are seen on its other side, in the words of mount(8)."""

ALL_PROPAGATIONS = PROPAGATIONS | {"unbindable", "runbindable"}
"""Also those that a bind may not ask for: such a mount cannot be bound again."""


class MountType(StrEnum):
    """What is mounted."""

    BIND = "bind"
    VOLUME = "volume"
    TMPFS = "tmpfs"
    IMAGE = "image"


class Mount(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A mount that is asked for.

    `source` is a path of the host for a bind, a name for a volume ("" for one of its own, that goes with the container) and a reference
    for an image. `propagation` is one of `PROPAGATIONS`, or "" for the engine's choice. What is mounted below a `recursive` bind comes
    along; `recursive_readonly` makes that read-only with it where the kernel can, `needs_recursive_readonly` refuses the mount where it
    cannot. `create_source` makes a missing source of a bind as a directory. `subpath` is a relative path within a volume or an image.
    `copy_up` fills an empty volume with what the image has at the destination; a volume that is made gets `driver`, `driver_options` and
    `labels`. `options` are tmpfs', as tmpfs(5) has them. A mount that is not `shown` is the container's own affair: it is not listed among
    its mounts, and containers that take its volumes do not get it.
    """

    type: MountType
    destination: str
    source: str = ""
    read_only: bool = False
    propagation: str = ""
    recursive: bool = True
    recursive_readonly: bool = True
    needs_recursive_readonly: bool = False
    create_source: bool = False
    subpath: str = ""
    copy_up: bool = True
    driver: str = ""
    driver_options: dict[str, str] = {}
    labels: dict[str, str] = {}
    options: tuple[str, ...] = ()
    shown: bool = True


class VolumesFrom(Struct, frozen=True, omit_defaults=True):
    """All mounts of another container but those it does not show. `container` is an ID, a prefix of one, or a name."""

    container: str
    read_only: bool = False


def checked_destination(destination: str, kind: str) -> str:
    """Return a mount's destination without detours. Raises InvalidArgument unless it is an absolute path below the root."""
    if not destination:
        raise invalid_mount(kind, "field Target must not be empty")
    if posixpath.normpath(destination) in ("/", "//"):
        raise invalid_mount(kind, "invalid specification: destination can't be '/'")
    return checked_path(destination, kind)


def checked_path(path: str, kind: str) -> str:
    """Return a path without detours. Raises InvalidArgument for a relative one."""
    if not path.startswith("/"):
        raise invalid_mount(kind, f"invalid mount path: '{path}' mount path must be absolute")
    return "/" + posixpath.normpath(path).lstrip("/")


def checked_subpath(subpath: str, kind: str) -> str:
    """Return the path of a place within a volume or an image. Raises InvalidArgument for one that leads out of it."""
    if subpath and (subpath.startswith("/") or posixpath.normpath(subpath).split("/")[0] == ".."):
        raise invalid_mount(kind, f'subpath must be a relative path within the volume: "{subpath}"')
    return subpath


def invalid_mount(kind: str, reason: str) -> InvalidArgument:
    """Return Docker's error for a mount that cannot be."""
    return InvalidArgument(f'invalid mount config for type "{kind}": {reason}')
