"""A description is kept until something it tells changes."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

from core.containers.life.live import LiveContainer
from core.engine.containers.views.inspect import describe
from core.engine.context import EngineContext
from sdk.engine.config import ContainerConfig
from sdk.oci.descriptor import Descriptor, Platform
from sdk.oci.digest import Digest
from tests.unit.core import records

PLATFORM = Platform("amd64")
RECORD = records.record(config=ContainerConfig(network_disabled=True))
MANIFEST = Descriptor("application/vnd.oci.image.manifest.v1+json", Digest("sha256:" + "a" * 64), 7)
IMAGE = SimpleNamespace(record=SimpleNamespace(manifest=MANIFEST), config=SimpleNamespace(platform=PLATFORM))


def test_the_manifest_goes_with_the_image_and_comes_back_with_it(tmp_path: Path) -> None:
    live, images = LiveContainer(RECORD), {"i": IMAGE}
    context = cast(
        EngineContext,
        SimpleNamespace(
            images=images,
            containers=SimpleNamespace(link_names=lambda _id: ()),
            drivers=SimpleNamespace(storage_name="overlay"),
            directory=lambda name: tmp_path / name,
        ),
    )
    first = describe(context, live)
    assert first.manifest is not None
    assert (first.manifest.digest, first.manifest.platform) == (MANIFEST.digest, PLATFORM)
    assert describe(context, live) is first
    images.clear()
    without = describe(context, live)
    assert without.manifest is None
    assert describe(context, live) is without
    images["i"] = IMAGE
    assert describe(context, live).manifest == first.manifest
