"""Volumes on disk: `<root>/<name>/_data`, with the options beside it. All calls block; names starting with a dot are ours."""

import errno
import logging
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec

from sdk.drivers.volume import DriverVolume
from sdk.errors import DataLoss
from sdk.linux.atomic import replace_file
from sdk.text import UNREADABLE

DATA = "_data"
_OPTIONS = "opts.json"


def make_volume(root: Path, name: str, options: Mapping[str, str]) -> DriverVolume:
    """Make a new volume, all at once: a crash leaves a whole one or none. Raises DataLoss if there is one that could not be read, OSError."""
    aside = root / f".new-{secrets.token_hex(8)}"
    try:
        os.makedirs(aside / DATA, mode=0o755)
        os.chmod(aside, 0o711)
        if options:
            replace_file(aside / _OPTIONS, msgspec.json.encode(dict(options)), durable=True)
        os.rename(aside, root / name)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise DataLoss(f"volume {name} is on disk, and its options cannot be read: {root / name / _OPTIONS}") from error
        raise
    return read_volume(root, name)


def read_volume(root: Path, name: str) -> DriverVolume:
    """Return a volume that is there. Raises DataLoss if its options cannot be read, OSError."""
    path = root / name
    made = os.stat(path).st_mtime_ns
    try:
        options = msgspec.json.decode((path / _OPTIONS).read_bytes(), type=dict[str, str])
    except FileNotFoundError:
        options = {}
    except UNREADABLE as error:
        raise DataLoss(f"the options of volume {name} cannot be read: {path / _OPTIONS}") from error
    return DriverVolume(name, path / DATA, made, options)


def read_volumes(root: Path, log: logging.Logger) -> list[DriverVolume]:
    """Return all volumes; what a crash left half made or half deleted is deleted first. One whose options cannot be read is left out, and
    left alone: what it is to be mounted from is not known."""
    names = sorted(os.listdir(root))
    for name in names:
        if name.startswith("."):
            shutil.rmtree(root / name)
    found: list[DriverVolume] = []
    for name in names:
        if not name.startswith(".") and os.path.isdir(root / name / DATA):
            try:
                found.append(read_volume(root, name))
            except DataLoss as error:
                log.error("%s", error.message)
    return found


def delete_volume(root: Path, name: str) -> None:
    """Delete a volume; its name is free at once. Nothing may be mounted in it."""
    aside = root / f".gone-{secrets.token_hex(8)}"
    try:
        os.rename(root / name, aside)
    except FileNotFoundError:
        return
    shutil.rmtree(aside)
