"""`core reset`: remove everything that the engine of a data root made on this machine."""

import shutil
import sqlite3
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from core.cli.client.show.words import size
from core.cli.failure import one_sentence
from core.cli.table import lines
from core.config import StartupError, load_settings
from core.host.clearing import clear_machine, left_on_machine
from core.host.instance import derived_instance
from core.host.records import read_records
from core.host.roots import hold_data_root, holder
from core.host.traces import Territory, Trace
from sdk.linux.mount import UnmountFlag, umount
from sdk.linux.mountinfo import mount_table
from sdk.storage.usage import files_allocated

_MARKS = ("core.db", "core.lock", "copies")
"""One of these is in every data root: a directory without any is not touched."""


def reset(
    *,
    config_file: Annotated[Path | None, typer.Option(metavar="PATH", help="TOML file (/etc/core/core.toml)")] = None,
    data_root: Annotated[Path | None, typer.Option(metavar="PATH", help="the data root to empty")] = None,
    exec_root: Annotated[Path | None, typer.Option(metavar="PATH", help="its exec root")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be removed")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask")] = False,
) -> None:
    """Remove all that this engine ever made on this machine: containers, those that run too, images, volumes and networks, and what of
    them is in the kernel (processes, mounts, links, tables, cgroups).

    The daemon must be stopped. Asks before it removes anything. Configuration files and the socket of a service manager stay.
    """
    with one_sentence():
        flags = {key: str(value) for key, value in (("data_root", data_root), ("exec_root", exec_root)) if value}
        settings = load_settings(flags, config_file)
        if running := holder(settings.data_root):
            raise StartupError(f"the daemon runs (process {running}): stop it first")
        territory = _territory(settings.data_root, settings.exec_root)
        made = left_on_machine(territory)
        print("\n".join(_listing(territory, made)))
        if dry_run:
            return
        if not (yes or typer.confirm("\nRemove all of this?")):
            sys.exit(1)
        left = _remove(territory)
    for trace in left:
        print(f"core: {trace.kind} {trace.name} cannot be removed", file=sys.stderr)
    print("Nothing is left." if not left else "")
    sys.exit(1 if left else 0)


def _territory(data_root: Path, exec_root: Path) -> Territory:
    """Return what belongs to a data root. Raises StartupError for a directory that is none."""
    if data_root.is_dir() and any(data_root.iterdir()) and not any((data_root / mark).exists() for mark in _MARKS):
        raise StartupError(f"{data_root} is no data root of a daemon")
    try:
        instance = read_records(data_root).instance
    except sqlite3.DatabaseError:
        instance = derived_instance(data_root)
    return Territory(data_root.resolve(), exec_root.resolve(), instance)


def _listing(territory: Territory, made: list[Trace]) -> list[str]:
    rows = [(trace.kind, trace.name) for trace in made]
    root = territory.data_root
    data = [("data root", f"{root}, {size(files_allocated(root))}")] if root.is_dir() else []
    if not rows and not data:
        return ["There is nothing to remove."]
    counted = ", ".join(f"{count} {kind}" for kind, count in sorted(Counter(kind for kind, _ in rows).items()))
    return [*lines([("REMOVES", "WHAT"), *rows, *data]), "", f"In the kernel and in {territory.exec_root}: {counted or 'nothing'}."]


def _remove(territory: Territory) -> list[Trace]:
    """Remove everything; return what is left."""
    with hold_data_root(territory.data_root):
        clear_machine(territory)
        for entry in territory.data_root.iterdir():
            if entry.name != "core.lock":
                shutil.rmtree(entry, ignore_errors=True) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    with suppress(OSError):
        (territory.data_root / "core.lock").unlink()
    _release_exec_root(territory.exec_root)
    for root in (territory.data_root, territory.exec_root):
        with suppress(OSError):
            root.rmdir()
    left = left_on_machine(territory)
    return left + [Trace("file", str(path)) for path in territory.data_root.iterdir()] if territory.data_root.is_dir() else left


def _release_exec_root(path: Path) -> None:
    """Unmount the tmpfs that a daemon mounted there; elsewhere delete what it keeps beside containers."""
    for mount in mount_table():
        if mount.path == str(path) and mount.source == "core":
            umount(str(path), UnmountFlag.DETACH)
            return
    for name in ("boot_id", "core.lock", "core.pid"):
        (path / name).unlink(missing_ok=True)
