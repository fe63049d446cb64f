"""Layers made from what a container changed, for commit and build."""

from collections.abc import Sequence

from core.archives.pack import Archive, pack_changes
from sdk.drivers.storage import Change, ChangeKind


def layer_tar(root: int, changes: Sequence[Change]) -> Archive:
    """Return the uncompressed tar of the layer that `changes` make. `root` is a descriptor of the root they were made in."""
    deleted = [change.path for change in changes if change.kind is ChangeKind.DELETED]
    present = [change.path for change in changes if change.kind is not ChangeKind.DELETED]
    return pack_changes(root, present, deleted)
