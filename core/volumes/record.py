"""A volume as the database keeps it."""

from msgspec import Struct

from sdk.engine.volumes import VolumeInfo

ANONYMOUS_LABEL = "com.docker.volume.anonymous"


class VolumeRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`pending_for` is the container a volume was made for, until that container's record is on disk, or who fills a new volume, until it
    is full: a crash in between leaves a volume that may be half filled, and the next boot removes it. `copying` are the directories of a
    volume that existed before, by their paths in it, that an image's files are being copied into, and since when in nanoseconds: the next
    boot empties them."""

    name: str
    driver: str
    mountpoint: str
    created_ns: int
    labels: dict[str, str] = {}
    options: dict[str, str] = {}
    pending_for: str = ""
    copying: dict[str, int] = {}

    @property
    def anonymous(self) -> bool:
        return ANONYMOUS_LABEL in self.labels

    def info(self, *, size: int = -1, users: int = -1) -> VolumeInfo:
        """Return the volume as frontends see it."""
        return VolumeInfo(
            self.name, self.driver, self.mountpoint, self.created_ns, self.labels, self.options, self.anonymous, size, users
        )
