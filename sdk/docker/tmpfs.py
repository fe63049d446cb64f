"""The language of `--tmpfs`, and of `--mount type=tmpfs`: what may be said, and how it combines with Docker's defaults."""

from collections.abc import Sequence

from sdk.docker.bodies import TmpfsOptions
from sdk.engine.mounts import ALL_PROPAGATIONS, Mount, MountType, checked_destination
from sdk.errors import InvalidArgument

_DEFAULTS = ("noexec", "nosuid", "nodev")

_KEYS = frozenset({"size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol"})
_OPPOSITES = {
    "ro": "rw",
    "noexec": "exec",
    "nosuid": "suid",
    "nodev": "dev",
    "noatime": "atime",
    "nodiratime": "diratime",
    "norelatime": "relatime",
    "nostrictatime": "strictatime",
    "async": "sync",
    "nomand": "mand",
}
_FLAGS = frozenset(_OPPOSITES) | frozenset(_OPPOSITES.values()) | {"defaults", "remount", "dirsync", "bind", "rbind"}


def parse_tmpfs(destination: str, text: str) -> Mount:
    """Read one item of `HostConfig.Tmpfs`: its words override the defaults. Docker does not list such a mount.

    Raises InvalidArgument with Docker's sentence for a word tmpfs does not take.
    """
    options = _merged([*_DEFAULTS, *(word for word in text.split(",") if word)])
    return Mount(
        type=MountType.TMPFS,
        destination=checked_destination(destination, MountType.TMPFS),
        read_only="ro" in options,
        options=options,
        shown=False,
    )


def tmpfs_options(options: TmpfsOptions, *, read_only: bool) -> tuple[str, ...]:
    """Return the mount options for a `--mount type=tmpfs`."""
    words = list(_DEFAULTS)
    if options.size_bytes:
        words.append(f"size={options.size_bytes}")
    if options.mode:
        words.append(f"mode={options.mode:o}")
    words += ["=".join(option) for option in options.options]
    return _merged([*words, "ro"] if read_only else words)


def _merged(words: Sequence[str]) -> tuple[str, ...]:
    """Let later words override earlier ones of the same meaning, keeping the order. Raises InvalidArgument for unknown ones."""
    chosen: dict[str, str] = {}
    for word in words:
        meaning = _meaning(word)
        chosen.pop(meaning, None)
        chosen[meaning] = word
    return tuple(chosen.values())


def _meaning(word: str) -> str:
    key, equals, value = word.partition("=")
    if equals and value and key in _KEYS:
        return key
    if word in ALL_PROPAGATIONS:
        return "propagation"
    if word in _FLAGS:
        return _OPPOSITES.get(word, word)
    raise InvalidArgument(f'invalid tmpfs option ["{word}"]')
