"""The language of `-v`: `[source:]destination[:mode]`, as Docker reads it on Linux."""

import posixpath
from collections.abc import Mapping

from msgspec import Struct

from sdk.errors import InvalidArgument

PROPAGATIONS = frozenset({"private", "rprivate", "slave", "rslave", "shared", "rshared"})
DEFAULT_PROPAGATION = "rprivate"

_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("ro", "rw"), "access"),
    **dict.fromkeys(("z", "Z"), "label"),
    **dict.fromkeys(("nocopy",), "copy"),
    **dict.fromkeys(("cached", "delegated", "consistent"), "consistency"),
    **dict.fromkeys(PROPAGATIONS, "propagation"),
}


class Bind(Struct, frozen=True):
    """One parsed `-v`. An empty `source` asks for an anonymous volume, a relative one names a volume."""

    source: str
    destination: str
    mode: str = ""

    @property
    def is_volume(self) -> bool:
        return not self.source.startswith("/")

    @property
    def writable(self) -> bool:
        return is_writable(self.mode)

    @property
    def copy_up(self) -> bool:
        return "nocopy" not in self.mode.split(",")

    @property
    def propagation(self) -> str:
        """The propagation the mode names, or ""."""
        return next((word for word in self.mode.split(",") if word in PROPAGATIONS), "")


def parse_bind(text: str) -> Bind:
    """Parse one of `HostConfig.Binds`. Raises InvalidArgument with Docker's sentences."""
    fields = text.split(":", 3)
    if not fields[0] or len(fields) > 3 or (len(fields) == 2 and fields[1] and is_mode(fields[1])):
        raise _invalid(text)
    bind = Bind("", fields[0]) if len(fields) == 1 else Bind(*fields)
    if not is_mode(bind.mode):
        raise InvalidArgument(f"invalid mode: {bind.mode}")
    try:
        _check_mode(bind)
        destination = check_destination(bind.destination, "volume" if bind.is_volume else "bind")
    except InvalidArgument as error:
        raise InvalidArgument(f"{_invalid(text)}: {error}") from None
    return Bind(bind.source if bind.is_volume else posixpath.normpath(bind.source), destination, bind.mode)


def _check_mode(bind: Bind) -> None:
    """Raise InvalidArgument for a word that says something of the other kind of mount."""
    if bind.is_volume and bind.propagation:
        raise invalid_mount("volume", "field BindOptions must not be specified")
    if not bind.is_volume and not bind.copy_up:
        raise invalid_mount("bind", "field VolumeOptions must not be specified")


def is_mode(mode: str) -> bool:
    """Tell whether every word of a mode is known and no two contradict each other."""
    if not mode:
        return True
    kinds = [_WORDS.get(word, "") for word in mode.split(",")]
    return "" not in kinds and len(kinds) == len(set(kinds))


def is_writable(mode: str) -> bool:
    """Tell whether a mode leaves the mount writable."""
    return "ro" not in mode.split(",")


def check_destination(destination: str, kind: str) -> str:
    """Return a mount's destination without detours. Raises InvalidArgument unless it is an absolute path below the root."""
    if not destination:
        raise invalid_mount(kind, "field Target must not be empty")
    if posixpath.normpath(destination) in ("/", "//"):
        raise invalid_mount(kind, "invalid specification: destination can't be '/'")
    return check_absolute(destination, kind)


def check_absolute(path: str, kind: str) -> str:
    """Return a path without detours. Raises InvalidArgument for a relative one."""
    if not path.startswith("/"):
        raise invalid_mount(kind, f"invalid mount path: '{path}' mount path must be absolute")
    return "/" + posixpath.normpath(path).lstrip("/")


def invalid_mount(kind: str, reason: str) -> InvalidArgument:
    """Return Docker's error for a mount that cannot be."""
    return InvalidArgument(f'invalid mount config for type "{kind}": {reason}')


def parse_volumes_from(text: str) -> tuple[str, str]:
    """Parse one of `HostConfig.VolumesFrom`: a container and a mode. Raises InvalidArgument."""
    if not text:
        raise InvalidArgument("volumes-from specification cannot be an empty string")
    reference, _, mode = text.partition(":")
    if not is_mode(mode) or any(_WORDS.get(word) in ("propagation", "copy") for word in mode.split(",")):
        raise InvalidArgument(f"invalid mode: {mode}")
    return reference, mode


def _invalid(text: str) -> InvalidArgument:
    return InvalidArgument(f"invalid volume specification: '{text}'")
