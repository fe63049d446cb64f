"""What images take on disk, alone and together."""

from pathlib import Path
from typing import cast

import pytest

from core.images.disk import DiskMeter, ImageDisk
from sdk.drivers.storage import SnapshotKind, StorageDriver
from sdk.testing.images import make_image, make_tar
from tests.unit.core.images.stores import Snapshots, layers_of, open_store, stored

pytestmark = pytest.mark.anyio

LAYERS = [make_tar({name: name.encode()}) for name in ("a", "b", "c")]
CHAINS = layers_of(LAYERS)


async def test_each_thing_counts_once_and_what_others_have_too_is_shared(tmp_path: Path) -> None:
    images, snapshots = open_store(tmp_path), Snapshots()
    snapshots.committed = dict(zip(CHAINS, ["", *CHAINS], strict=False)) | {"orphan": ""}
    snapshots.others = {"container": (SnapshotKind.ACTIVE, CHAINS[2])}
    long, short = make_image(LAYERS), make_image(LAYERS[:2])
    await stored(images, long, LAYERS)
    await stored(images, short, LAYERS[:2])
    meter = DiskMeter(images, cast(StorageDriver, snapshots))
    found = await meter.measure()
    block = images.content.allocated(long.id)
    assert block > 0, "each blob here takes one block"
    assert found.images[long.id] == ImageDisk(3 * 4096 + 5 * block, 2 * 4096 + 2 * block)
    assert found.images[short.id] == ImageDisk(2 * 4096 + 4 * block, 2 * 4096 + 2 * block)
    assert found.total >= 4 * 4096 + 7 * block, "also what belongs to no image"
    await meter.measure()
    assert sorted(snapshots.measured) == sorted([*CHAINS, "orphan"]), "a layer is measured once"


async def test_a_layer_that_is_gone_takes_nothing_and_is_asked_for_again(tmp_path: Path) -> None:
    images, snapshots = open_store(tmp_path), Snapshots()
    meter = DiskMeter(images, cast(StorageDriver, snapshots))
    assert await meter.layer("chain") == 0
    snapshots.committed["chain"] = ""
    assert await meter.layer("chain") == 4096
    del snapshots.committed["chain"]
    await meter.measure()
    assert await meter.layer("chain") == 0
