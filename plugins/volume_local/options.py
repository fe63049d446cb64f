"""Options of a local volume: what to mount there, in the words of mount(8)."""

import re
import socket
from collections.abc import Mapping

from msgspec import Struct

from sdk.errors import InvalidArgument
from sdk.linux.mount import MountFlag, mount
from sdk.linux.mount_options import split_options
from sdk.text import cleaned

_KNOWN = frozenset({"type", "device", "o", "size"})
_NEEDS = {"type": ("device",), "device": ("type",), "o": ("device", "type")}
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_REMOTE = frozenset({"nfs", "nfs4", "cifs"})


class MountOptions(Struct, frozen=True):
    """A volume without `type` is a plain directory; the others are mounted while a container uses them."""

    type: str = ""
    device: str = ""
    o: str = ""
    size: str = ""

    @property
    def is_mounted(self) -> bool:
        return bool(self.type)


def check_name(name: str) -> None:
    """Raise InvalidArgument, with Docker's sentences, for a name that is no directory name of ours."""
    if len(name) == 1:
        raise InvalidArgument("volume name is too short, names should be at least two alphanumeric characters")
    if not _NAME.fullmatch(name):
        raise InvalidArgument(
            f'"{name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. '
            "If you intended to pass a host directory, use absolute path"
        )
    if len(name) > 255:
        raise InvalidArgument(f'"{name}" is too long for a local volume name, at most 255 characters are allowed')


def parse_options(options: Mapping[str, str]) -> MountOptions:
    """Check driver options. Raises InvalidArgument for unknown, missing or impossible ones."""
    for key in options:
        if key not in _KNOWN:
            raise InvalidArgument(f'invalid option: "{key}"')
        if "\0" in options[key]:
            raise InvalidArgument(f'invalid option: "{key}" has a zero byte in it')
        for needed in _NEEDS.get(key, ()):
            if not options.get(needed):
                raise InvalidArgument(f'missing required option: "{needed}"')
    if options.get("size") and options.get("type") != "tmpfs":
        raise InvalidArgument("quota size requested but no quota support")
    return MountOptions(**options)


def mount_volume(options: MountOptions, directory: str) -> None:
    """Make the mount that a volume's options describe. Raises OSError, InvalidArgument (an address that has no host)."""
    words = [word for word in options.o.split(",") if word]
    if options.size:
        words.append(f"size={options.size}")
    if options.type in _REMOTE:
        words = [_resolved(word) for word in words]
    flags, propagation, data = split_options(words)
    bind = MountFlag.BIND | MountFlag.REC
    mount(options.device, directory, "" if options.type == "none" else options.type, flags & bind or flags, data)
    if flags & bind and flags & ~bind:  # the kernel ignores other flags in the call that makes a bind
        mount(options.device, directory, "", flags | MountFlag.REMOUNT)
    if propagation:
        mount("none", directory, "", propagation)


def _resolved(word: str) -> str:
    """Turn the host name in `addr=` into an address: the kernel resolves nothing."""
    key, _, host = word.partition("=")
    if key != "addr":
        return word
    try:
        return f"addr={socket.getaddrinfo(host, None)[0][4][0]}"
    except (OSError, UnicodeError):  # the latter for a name that is none
        raise InvalidArgument(f"error resolving passed in network volume address: lookup {cleaned(host)}: no such host") from None
