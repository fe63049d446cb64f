"""The one mount that makes a container's root (kernel: Documentation/filesystems/overlayfs.rst)."""

import os
from collections.abc import Sequence
from pathlib import Path

from sdk.drivers.storage import Mount

_PAGE = 4095
"""Bytes of options that mount(2) takes."""


def stacked(root: Path, active: Path, lowers: Sequence[Path], options: Sequence[str], *, readonly: bool) -> Mount:
    """Return the mount of an active snapshot's upper directory over its layers, topmost first.

    Paths are absolute, unless that is too long for mount(2): then they start at `source`, where the caller has to be.
    """
    upper = active / "fs"
    if not lowers:
        return Mount("bind", str(upper), ("rbind", "ro" if readonly else "rw"))
    places = [str(path) for path in lowers]
    upper_place, work = str(upper), str(active / "work")
    found = _options(upper_place, work, places, options, readonly=readonly)
    if len(",".join(found)) > _PAGE:
        relative = [os.path.relpath(path, root) for path in (upper_place, work, *places)]
        found = _options(relative[0], relative[1], relative[2:], options, readonly=readonly)
    return Mount("overlay", str(root), found)


def _options(upper: str, work: str, lowers: Sequence[str], options: Sequence[str], *, readonly: bool) -> tuple[str, ...]:
    """Without an upper directory overlayfs is read-only by itself; the upper is then only the topmost layer."""
    if readonly:
        return ("ro", f"lowerdir={':'.join((upper, *lowers))}", *options)
    return (f"lowerdir={':'.join(lowers)}", f"upperdir={upper}", f"workdir={work}", *options)
