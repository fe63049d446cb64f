"""A layer's archive made from changes that no process touches any more: by this process, straight into the content store.

Unlike `core.archives.pack` there is no process to be confined: the changes are real paths below a root in which nothing runs.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from anyio.to_thread import run_sync

from core.archives.packing import Packing
from core.images.content.diskspace import writing
from core.images.content.store import ContentStore
from sdk.drivers.storage import Change, ChangeKind
from sdk.oci.descriptor import OCI_LAYER, Descriptor
from sdk.oci.digest import Digest


@dataclass(frozen=True, slots=True)
class Packed:
    """A layer in the content store. It is not compressed: its blob's digest is its diffID. `size` counts bytes of files."""

    blob: Descriptor
    size: int

    @property
    def diff_id(self) -> Digest:
        return Digest(self.blob.digest)


async def pack_layer(content: ContentStore, root: int, changes: Sequence[Change], newest: int | None) -> Packed:
    """Pack what `changes` name below a root (a descriptor). Times after `newest` (seconds) are told as that. The caller pins the blob
    before anything is collected. Raises ResourceExhausted."""
    with content.temporary("layer") as temporary:
        packed = await run_sync(partial(_pack, temporary, root, changes, newest), limiter=content.limiter)
        await content.adopt(temporary, packed.blob.digest)
    return packed


def _pack(target: Path, root: int, changes: Sequence[Change], newest: int | None) -> Packed:
    with writing(target), target.open("w+b") as file:
        packing = Packing(file.fileno(), newest=newest, sparse=True)
        for change in sorted(changes, key=lambda change: change.kind is ChangeKind.DELETED):
            sign = b"-" if change.kind is ChangeKind.DELETED else b"+"
            packing.change(sign + os.fsencode(change.path), b"/proc/self/fd/%d/" % root)
        packing.finish()
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        length = file.seek(0, os.SEEK_END)
    return Packed(Descriptor(OCI_LAYER, f"sha256:{digest}", length), packing.size)
