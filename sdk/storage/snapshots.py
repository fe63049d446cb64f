"""Snapshots as directories, with their index in memory. Safe against death at any instant, and for use by several threads.

    l/<16 hex>/    committed: fs/, name and parent (symlinks whose text is a ChainID)
    a/<key>/       active: fs/, parent, and what the driver adds
    s/<key>/       staged: fs/
    new/           what is being made; renamed into its place when it is whole
    trash/         what is being deleted
    lost/          committed snapshots that lost their name or their files, by no fault of ours: set aside for a person to look at

A committed snapshot's directory is called by the beginning of its ChainID: so the paths of 127 layers fit in the one page that
mount(2) takes.
"""

import contextlib
import errno
import os
import re
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sdk.drivers.storage import SnapshotInfo, SnapshotKind, Usage
from sdk.errors import Conflict, InvalidArgument, NoSuchSnapshot, SnapshotExists
from sdk.oci.digest import ChainID, hex_of
from sdk.storage.trash import Trash
from sdk.storage.usage import tree_usage

_DIRECTORIES = {SnapshotKind.STAGED: "s", SnapshotKind.ACTIVE: "a", SnapshotKind.COMMITTED: "l"}
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,199}")
_Id = tuple[SnapshotKind, str]


class SnapshotTree:
    """The snapshots below one directory. What an earlier process left half-made or staged is swept away when it is opened."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._new = root / "new"
        for directory in (root / name for name in ("new", *_DIRECTORIES.values())):
            directory.mkdir(exist_ok=True, mode=0o700)
        self._trash = Trash(root / "trash")
        for leftover in (*self._new.iterdir(), *(root / "s").iterdir()):
            self._trash.discard(leftover)
        self._changed = threading.Condition()
        self._claimed: set[_Id] = set()
        self._index: dict[_Id, SnapshotInfo] = {(info.kind, info.name): info for info in self._load()}

    def close(self) -> None:
        """Stop deleting in the background."""
        self._trash.close()

    def snapshots(self) -> list[SnapshotInfo]:
        """Return every whole snapshot."""
        with self._changed:
            return [info for key, info in self._index.items() if key not in self._claimed]

    def get(self, name: str, *kinds: SnapshotKind) -> SnapshotInfo:
        """Return the snapshot of that name of one of the kinds (any if none is given). Raises NoSuchSnapshot."""
        with self._changed:
            for kind in kinds or _DIRECTORIES:
                if (kind, name) in self._index and (kind, name) not in self._claimed:
                    return self._index[kind, name]
        raise NoSuchSnapshot(name)

    def directory(self, info: SnapshotInfo) -> Path:
        """Return a snapshot's own directory; its files are in `fs` there."""
        return Path(self._place(info))

    def files(self, info: SnapshotInfo) -> Path:
        """Return the directory of a snapshot's files."""
        return Path(self._place(info) + "/fs")

    def usage(self, name: str) -> Usage:
        """Return what a snapshot takes: its files, and on disk all that is kept of it. Raises NoSuchSnapshot."""
        info = self.get(name)
        files = tree_usage(self.files(info))
        beside = tree_usage(self.directory(info), without="fs")
        return replace(files, disk=files.disk + beside.disk)

    def ancestors(self, info: SnapshotInfo) -> list[SnapshotInfo]:
        """Return the snapshots below one, its parent first. Raises NoSuchSnapshot."""
        chain: list[SnapshotInfo] = []
        parent = info.parent
        while parent is not None:
            chain.append(self.get(parent, SnapshotKind.COMMITTED))
            parent = chain[-1].parent
        return chain

    def stage(self, key: str) -> Path:
        """Make an empty staged snapshot, in place of any of the same key, and return the directory of its files."""
        info = SnapshotInfo(key, SnapshotKind.STAGED, None)
        self.discard(info)
        with self.making(info) as aside:
            os.mkdir(aside / "fs", 0o755)
        return self.files(info)

    @contextlib.contextmanager
    def making(self, info: SnapshotInfo) -> Iterator[Path]:
        """Give a directory to make a snapshot in; after the block it is the snapshot, or, if the block raised, nothing at all.

        Waits for another thread that makes the same. Raises SnapshotExists, NoSuchSnapshot (parent), InvalidArgument (name).
        """
        self._claim(info)
        aside = self._new / uuid.uuid4().hex
        try:
            aside.mkdir(mode=0o700)
            yield aside
            self._publish(aside, info)
        except BaseException:
            self._trash.discard(aside)
            self._release(info, keep=False)
            raise
        self._release(info, keep=True)

    def remove(self, name: str) -> None:
        """Remove the snapshot of that name: a staged one, else an active one, else a committed one; idempotent.

        Raises Conflict if a committed one has children.
        """
        with self._changed:
            found = next((self._index[kind, name] for kind in _DIRECTORIES if (kind, name) in self._index), None)
            if found is None:
                return
            if found.kind is SnapshotKind.COMMITTED and any(info.parent == name for info in self._index.values()):
                raise Conflict(f"snapshot {name}: cannot remove a snapshot with children")
            self.discard(found)

    def discard(self, info: SnapshotInfo) -> None:
        """Remove a snapshot, whatever is on top of it; idempotent."""
        with self._changed:
            self._trash.discard(self.directory(info))
            self._index.pop((info.kind, info.name), None)

    def _place(self, info: SnapshotInfo) -> str:
        name = hex_of(info.name)[:16] if info.kind is SnapshotKind.COMMITTED else info.name
        return f"{self.root}/{_DIRECTORIES[info.kind]}/{name}"

    def _claim(self, info: SnapshotInfo) -> None:
        if not _KEY.fullmatch(info.name):
            raise InvalidArgument(f"snapshot {info.name}: invalid name")
        key = (info.kind, info.name)
        with self._changed:
            self._changed.wait_for(lambda: key not in self._claimed)
            if key in self._index:
                raise SnapshotExists(info.name)
            if info.parent is not None:
                self.get(info.parent, SnapshotKind.COMMITTED)
            self._index[key] = info
            self._claimed.add(key)

    def _release(self, info: SnapshotInfo, *, keep: bool) -> None:
        with self._changed:
            self._claimed.discard((info.kind, info.name))
            if not keep:
                del self._index[info.kind, info.name]
            self._changed.notify_all()

    def _publish(self, aside: Path, info: SnapshotInfo) -> None:
        if info.parent is not None:
            os.symlink(info.parent, aside / "parent")
        if info.kind is SnapshotKind.COMMITTED:
            os.symlink(info.name, aside / "name")
        try:
            os.rename(aside, self.directory(info))
        except OSError as error:
            if error.errno == errno.ENOTEMPTY:
                raise Conflict(f"snapshot {info.name}: its directory belongs to another ChainID that begins alike") from error
            raise

    def _load(self) -> Iterator[SnapshotInfo]:
        for directory in (self.root / _DIRECTORIES[SnapshotKind.ACTIVE]).iterdir():
            yield SnapshotInfo(directory.name, SnapshotKind.ACTIVE, _parent(directory))
        for directory in tuple((self.root / _DIRECTORIES[SnapshotKind.COMMITTED]).iterdir()):
            info = _committed(directory)
            if info:
                yield info
            else:
                self._set_aside(directory)

    def _set_aside(self, directory: Path) -> None:
        lost = self.root / "lost"
        lost.mkdir(exist_ok=True, mode=0o700)
        os.rename(directory, lost / f"{directory.name}-{uuid.uuid4().hex[:8]}")


def _committed(directory: Path) -> SnapshotInfo | None:
    """Return what a directory is the committed snapshot of; None if it has no name, that of another directory, or no files."""
    try:
        name = os.readlink(directory / "name")
    except OSError:
        return None
    is_whole = hex_of(name)[:16] == directory.name and (directory / "fs").is_dir()
    return SnapshotInfo(name, SnapshotKind.COMMITTED, _parent(directory)) if is_whole else None


def _parent(directory: Path) -> ChainID | None:
    try:
        return ChainID(os.readlink(directory / "parent"))
    except FileNotFoundError:
        return None
