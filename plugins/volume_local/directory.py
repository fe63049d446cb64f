"""Volumes on disk: `<root>/<name>/_data`, with the options beside it. All calls block; names starting with a dot are ours."""

import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec

from sdk.drivers.volume import DriverVolume

DATA = "_data"
_OPTIONS = "opts.json"


def make_volume(root: Path, name: str, options: Mapping[str, str]) -> DriverVolume:
    """Make a new volume, all at once: a crash leaves a whole one or none. Raises OSError if it exists."""
    aside = root / f".new-{secrets.token_hex(8)}"
    os.makedirs(aside / DATA, mode=0o755)
    os.chmod(aside, 0o711)
    if options:
        (aside / _OPTIONS).write_bytes(msgspec.json.encode(dict(options)))
    try:
        os.rename(aside, root / name)
    except OSError:
        shutil.rmtree(aside)
        raise
    return read_volume(root, name)


def read_volume(root: Path, name: str) -> DriverVolume:
    """Return a volume that is there. Raises OSError."""
    path = root / name
    made = os.stat(path).st_mtime_ns
    try:
        options = msgspec.json.decode((path / _OPTIONS).read_bytes(), type=dict[str, str])
    except FileNotFoundError:
        options = {}
    return DriverVolume(name, path / DATA, made, options)


def read_volumes(root: Path) -> list[DriverVolume]:
    """Return all volumes; what a crash left half made or half deleted is deleted first."""
    names = sorted(os.listdir(root))
    for name in names:
        if name.startswith("."):
            shutil.rmtree(root / name)
    return [read_volume(root, name) for name in names if not name.startswith(".") and os.path.isdir(root / name / DATA)]


def delete_volume(root: Path, name: str) -> None:
    """Delete a volume; its name is free at once. Nothing may be mounted in it."""
    aside = root / f".gone-{secrets.token_hex(8)}"
    try:
        os.rename(root / name, aside)
    except FileNotFoundError:
        return
    shutil.rmtree(aside)
