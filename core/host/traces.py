"""Everything of a data root that can be seen in the kernel and on disk, whichever process made it.

Nothing is asked of a driver: an object is ours if it mentions one of the two roots, or the instance in its name. So also what
another version or a dead plugin left is found.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sdk.linux.links import open_iproute
from sdk.linux.mountinfo import MountPoint, mount_table

if TYPE_CHECKING:
    from pyroute2.netlink import nlmsg

_ID = re.compile(r"[0-9a-f]{64}")
_TOKEN_LENGTH = 6
_DEPTH = 4
_INET = 1
"""NFPROTO_INET (linux/netfilter.h): the family of the tables."""
_LOST = "lost"
"""What a daemon without a database put aside in its data root: kept until an administrator deletes it."""
_PARTIAL = ".partial"
"""What a pull that was cut off has got so far: kept for the next one."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One object: its kind (process, cgroup, mount, link, bridge, table, file), its name, and the ID it carries, or ""."""

    kind: str
    name: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Territory:
    """What is looked for. Links and tables are looked for in the network namespace of the calling thread."""

    data_root: Path
    exec_root: Path
    instance: str

    @property
    def roots(self) -> tuple[str, str]:
        return str(self.data_root), str(self.exec_root)

    @property
    def token(self) -> str:
        """The part of the instance that is in every name."""
        return self.instance[:_TOKEN_LENGTH]

    def mentioned_in(self, text: str) -> bool:
        """Tell whether a text names one of the roots or the instance."""
        return any(f"{root}/" in text for root in self.roots) or bool(self.instance and self.instance in text)


def find_traces(territory: Territory, daemon: int = 0) -> list[Trace]:
    """Return all traces; the process `daemon` and what it works with right now are not traces."""
    found = [*processes(territory, daemon), *cgroups(territory), *mounts(territory), *files(territory)]
    return [*found, *links(territory), *tables(territory)] if territory.instance else found


def processes(territory: Territory, daemon: int) -> Iterator[Trace]:
    """Yield processes that hold something of ours: cgroup, mapping, mount or open file."""
    program = _link(f"/proc/{daemon}/exe") if daemon else ""
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit() or int(entry.name) in (daemon, os.getpid()):
            continue
        if daemon and _parent(entry.name) == daemon and _link(f"/proc/{entry.name}/exe") == program:
            continue
        evidence = next(filter(territory.mentioned_in, _evidence(entry.name, territory)), "")
        if evidence:
            yield Trace("process", f"{entry.name} {_command(entry.name)}", _id_near(territory, evidence))


def _evidence(pid: str, territory: Territory) -> Iterator[str]:
    for name in ("cgroup", "maps"):
        yield from _read(f"/proc/{pid}/{name}").splitlines()
    if _link(f"/proc/{pid}/ns/mnt") != _link("/proc/self/ns/mnt"):
        yield from _mounted_inside(pid, territory)
    try:
        descriptors = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return
    for number in descriptors:
        yield _link(f"/proc/{pid}/fd/{number}")


def _mounted_inside(pid: str, territory: Territory) -> Iterator[str]:
    """Yield mounts of another mount namespace, but for those at our own places: they came by propagation, to any service of the machine."""
    own = tuple(f"{root}/" for root in territory.roots)
    with suppress(OSError):
        for mount in mount_table(pid):
            if not mount.path.startswith(own):
                yield " ".join((mount.root, mount.path, mount.source, mount.options))


def _id_near(territory: Territory, text: str) -> str:
    """Return the ID in what follows a mention of ours."""
    starts = [text.index(word) for word in (*territory.roots, territory.instance) if word and word in text]
    return _id(text[min(starts) :])


def cgroups(territory: Territory) -> Iterator[Trace]:
    """Yield cgroups named by the instance and those below, in all hierarchies, deepest first."""
    if not territory.instance:
        return
    for mount in mount_table():
        if mount.type in ("cgroup", "cgroup2"):
            for path, _directories, _files in os.walk(mount.path, topdown=False):
                if territory.instance in path:
                    yield Trace("cgroup", path, _id(path))


def mounts(territory: Territory) -> Iterator[Trace]:
    """Yield mounts below a root, or made of something below one, newest first; the roots themselves may be mount points."""
    for mount in reversed(mount_table()):
        below = any(mount.path.startswith(f"{root}/") for root in territory.roots)
        if below or territory.mentioned_in(f"{mount.source} {mount.options}") or _is_bound(mount, territory):
            yield Trace("mount", mount.path, _id(mount.path))


def _is_bound(mount: MountPoint, territory: Territory) -> bool:
    return any(mount.root.startswith(f"{root}/") for root in territory.roots)


def files(territory: Territory) -> Iterator[Trace]:
    """Yield files and directories named by an ID, at most four levels below the roots and not within one another.

    Blobs are not among them: one that belongs to no image is kept for the pull that was cut off, until the store's garbage is collected.
    """
    blobs = f"{territory.data_root}/content/blobs/"
    for root in territory.roots:
        found = _named_by_id(Path(root), _DEPTH, frozenset({_LOST}))
        yield from (trace for trace in found if not trace.name.startswith(blobs))


_DATA = "_data"
"""What a volume holds is its users' own, whatever the names in there."""


def has_content(data_root: Path) -> bool:
    """Tell whether a data root holds anything of a container, an image or a local volume."""
    for volumes in (data_root / "volumes", data_root / "plugins" / "volume_local"):
        if volumes.is_dir() and any(not entry.name.startswith(".") for entry in volumes.iterdir()):
            return True
    return next(_named_by_id(data_root, _DEPTH, frozenset({_LOST})), None) is not None


def _named_by_id(directory: Path, depth: int, passed_over: frozenset[str] = frozenset()) -> Iterator[Trace]:
    try:
        entries = list(os.scandir(directory))
    except OSError:
        return
    for entry in entries:
        if entry.name in passed_over or entry.name.endswith(_PARTIAL) or entry.name == _DATA:
            continue
        if identity := _id(entry.name):
            yield Trace("file", entry.path, identity)
        elif depth > 1 and entry.is_dir(follow_symlinks=False):
            yield from _named_by_id(Path(entry.path), depth - 1)


def links(territory: Territory) -> Iterator[Trace]:
    """Yield network links with the instance in their name or alias; a bridge carries the beginning of its network's ID, if any."""
    with open_iproute() as route:
        for link in route.get_links():
            name, alias = link.get_attr("IFLA_IFNAME"), link.get_attr("IFLA_IFALIAS") or ""
            if territory.token in name or territory.instance in alias:
                yield Trace("bridge", name, _network_id(name)) if _is_bridge(link) else Trace("link", name)


def _is_bridge(link: "nlmsg") -> bool:
    information = link.get_attr("IFLA_LINKINFO")
    return bool(information) and information.get_attr("IFLA_INFO_KIND") == "bridge"


def _network_id(bridge: str) -> str:
    match = re.fullmatch(r"br-([0-9a-f]{12})", bridge)
    return match[1] if match else ""


def tables(territory: Territory) -> Iterator[Trace]:
    """Yield nftables tables with the instance in their name; none for a user who may not look at them."""
    from pyroute2.netlink.exceptions import NetlinkError  # noqa: PLC0415 as above
    from pyroute2.nftables.main import NFTables  # noqa: PLC0415 as above

    with suppress(NetlinkError), NFTables(nfgen_family=_INET) as nftables:
        for table in nftables.get_tables():
            name = table.get_attr("NFTA_TABLE_NAME")
            if territory.token in name:
                yield Trace("table", name)


def _id(text: str) -> str:
    match = _ID.search(text)
    return match[0] if match else ""


def _read(path: str) -> str:
    try:
        return Path(path).read_text(errors="surrogateescape")
    except OSError:
        return ""


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _parent(pid: str) -> int:
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return int(fields[1]) if fields else 0


def _command(pid: str) -> str:
    return _read(f"/proc/{pid}/cmdline").replace("\0", " ").strip() or f"[{_read(f'/proc/{pid}/comm').strip()}]"
