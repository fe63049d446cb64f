"""The language of `-v`, `[source:]destination[:mode]`, and of `--volumes-from`, as Docker reads them on Linux."""

from collections.abc import Mapping

from msgspec import Struct

from sdk.engine.mounts import PROPAGATIONS, Mount, MountType, VolumesFrom, checked_destination, checked_path, invalid_mount
from sdk.errors import InvalidArgument

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
        """Whether it names a volume, or asks for an anonymous one."""
        return not self.source.startswith("/")

    @property
    def copy_up(self) -> bool:
        """Whether a new volume gets what the image has at its place."""
        return "nocopy" not in self.mode.split(",")

    @property
    def propagation(self) -> str:
        """The propagation the mode names, or ""."""
        return next((word for word in self.mode.split(",") if word in PROPAGATIONS), "")

    def mount(self, *, volume_driver: str, recursive_readonly: bool) -> Mount:
        """Return what it asks for."""
        read_only = not _is_writable(self.mode)
        if self.is_volume:
            return Mount(
                type=MountType.VOLUME,
                destination=self.destination,
                source=self.source,
                read_only=read_only,
                copy_up=self.copy_up,
                driver=volume_driver,
            )
        return Mount(
            type=MountType.BIND,
            destination=self.destination,
            source=self.source,
            read_only=read_only,
            propagation=self.propagation,
            recursive_readonly=recursive_readonly,
            create_source=True,
        )


def parse_bind(text: str) -> Bind:
    """Parse one of `HostConfig.Binds`. Raises InvalidArgument with Docker's sentences."""
    fields = text.split(":", 3)
    if not fields[0] or len(fields) > 3 or (len(fields) == 2 and fields[1] and _is_mode(fields[1])):
        raise _invalid(text)
    bind = Bind("", fields[0]) if len(fields) == 1 else Bind(*fields)
    if not _is_mode(bind.mode):
        raise InvalidArgument(f"invalid mode: {bind.mode}")
    try:
        _check_mode(bind)
        destination = checked_destination(bind.destination, "volume" if bind.is_volume else "bind")
    except InvalidArgument as error:
        raise InvalidArgument(f"{_invalid(text)}: {error}") from None
    return Bind(bind.source if bind.is_volume else checked_path(bind.source, "bind"), destination, bind.mode)


def parse_volumes_from(text: str) -> VolumesFrom:
    """Parse one of `HostConfig.VolumesFrom`: a container and a mode. Raises InvalidArgument."""
    if not text:
        raise InvalidArgument("volumes-from specification cannot be an empty string")
    container, _, mode = text.partition(":")
    if not _is_mode(mode) or any(_WORDS.get(word) in ("propagation", "copy") for word in mode.split(",")):
        raise InvalidArgument(f"invalid mode: {mode}")
    return VolumesFrom(container, read_only=not _is_writable(mode))


def shown_volumes_from(given: VolumesFrom) -> str:
    """Return what `parse_volumes_from` reads."""
    return f"{given.container}:ro" if given.read_only else given.container


def _check_mode(bind: Bind) -> None:
    """Raise InvalidArgument for a word that says something of the other kind of mount."""
    if bind.is_volume and bind.propagation:
        raise invalid_mount("volume", "field BindOptions must not be specified")
    if not bind.is_volume and not bind.copy_up:
        raise invalid_mount("bind", "field VolumeOptions must not be specified")


def _is_mode(mode: str) -> bool:
    """Tell whether every word of a mode is known and no two contradict each other."""
    if not mode:
        return True
    kinds = [_WORDS.get(word, "") for word in mode.split(",")]
    return "" not in kinds and len(kinds) == len(set(kinds))


def _is_writable(mode: str) -> bool:
    return "ro" not in mode.split(",")


def _invalid(text: str) -> InvalidArgument:
    return InvalidArgument(f"invalid volume specification: '{text}'")
