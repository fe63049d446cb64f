"""mount(8)'s options as the kernel takes them."""

from dataclasses import dataclass
from functools import lru_cache

from plugins.runtime_ns import constants as k
from sdk.errors import Unsupported
from sdk.linux.mount_options import split_options
from sdk.oci.runtime import Mount
from sdk.shim.plan import Record

_RECURSIVE = {
    "rro": k.MOUNT_ATTR_RDONLY,
    "rnosuid": k.MOUNT_ATTR_NOSUID,
    "rnodev": k.MOUNT_ATTR_NODEV,
    "rnoexec": k.MOUNT_ATTR_NOEXEC,
    "rnosymfollow": k.MOUNT_ATTR_NOSYMFOLLOW,
}
_ATTRIBUTES = {
    k.MS_RDONLY: k.MOUNT_ATTR_RDONLY,
    k.MS_NOSUID: k.MOUNT_ATTR_NOSUID,
    k.MS_NODEV: k.MOUNT_ATTR_NODEV,
    k.MS_NOEXEC: k.MOUNT_ATTR_NOEXEC,
    k.MS_NODIRATIME: k.MOUNT_ATTR_NODIRATIME,
    k.MS_NOSYMFOLLOW: k.MOUNT_ATTR_NOSYMFOLLOW,
}
_ATIMES = {
    k.MS_NOATIME: k.MOUNT_ATTR_NOATIME,
    k.MS_STRICTATIME: k.MOUNT_ATTR_STRICTATIME,
    k.MS_RELATIME: 0,
}
_OWN_WORDS = frozenset(("tmpcopyup", "nosymfollow"))
_REFUSED = frozenset(("idmap", "ridmap"))


@dataclass(frozen=True, slots=True)
class MountOptions:
    """`recursive` are attributes of a mount and of all below it. `data` is the file system's own."""

    flags: int
    propagation: int
    recursive: int
    data: str

    @property
    def is_bind(self) -> bool:
        return bool(self.flags & k.MS_BIND)

    def attributes(self) -> Record | None:
        """Return the flags as a struct mount_attr that touches nothing else of a mount; None if there is nothing to set."""
        added = sum(attribute for flag, attribute in _ATTRIBUTES.items() if self.flags & flag)
        cleared = 0
        for flag, atime in _ATIMES.items():
            if self.flags & flag:
                added, cleared = added | atime, k.MOUNT_ATTR_ATIME
        return mount_attributes(added, cleared) if added or cleared else None


def mount_attributes(added: int = 0, cleared: int = 0, propagation: int = 0) -> Record:
    """Return a struct mount_attr."""
    return Record((added, cleared, propagation, 0))


def parse_options(mount: Mount) -> MountOptions:
    """Return a mount's options. Raises Unsupported for mapped ones."""
    return _parse(mount.type, mount.options)


@lru_cache(maxsize=256)
def _parse(fstype: str, options: tuple[str, ...]) -> MountOptions:
    if refused := _REFUSED.intersection(options):
        raise Unsupported(f"mount option {min(refused)} is not supported")
    recursive = sum({_RECURSIVE[word] for word in options if word in _RECURSIVE})
    flags, propagation, data = split_options(word for word in options if word not in _RECURSIVE and word not in _OWN_WORDS)
    own = (k.MS_NOSYMFOLLOW if "nosymfollow" in options else 0) | (k.MS_BIND if fstype == "bind" else 0)
    return MountOptions(flags.value | own, propagation.value, recursive, data)
