"""What a repair can only tell of."""

from pathlib import Path

import pytest

from core.engine.repair.containers import lost_containers, lost_pushes
from core.engine.repair.finding import Finding
from core.images.hosted import HostedManifest
from sdk.drivers.storage import SnapshotKind
from sdk.oci.descriptor import OCI_MANIFEST, Descriptor
from sdk.oci.digest import digest_of
from sdk.oci.reference import parse_reference
from tests.unit.core.engine.images.contexts import Images, open_images

pytestmark = pytest.mark.anyio


@pytest.fixture
async def images(tmp_path: Path) -> Images:
    made = open_images(tmp_path)
    await made.add("a", "app:1")
    return made


async def test_a_container_whose_files_are_gone(images: Images) -> None:
    images.users[images.id("a")] = [("c" * 64, False), ("d" * 64, True)]
    images.snapshots.others = {"c" * 64: (SnapshotKind.ACTIVE, ""), "d" * 64: (SnapshotKind.STAGED, "")}
    assert await lost_containers(images.context) == [
        Finding("container", "d" * 12, "its writable layer is gone", f"docker rm {'d' * 12}")
    ]


async def test_a_pushed_manifest_that_lacks_content(images: Images) -> None:
    store = images.context.store
    here, gone = await store.content.put(b"here"), digest_of(b"gone")
    for repository, blobs, image in (
        ("whole", (here,), ""),
        ("lacking", (here, gone), ""),
        ("image", (here, gone), images.id("a")),
    ):
        descriptor = Descriptor(OCI_MANIFEST, digest_of(repository.encode()), 1)
        store.hosted.put(parse_reference(repository), HostedManifest(descriptor, blobs, image))
    (found,) = lost_pushes(images.context, ())
    assert (found.kind, found.problem, found.remedy) == ("pushed manifest", f"{gone} is missing", "push it again")
    assert found.name.startswith("lacking@")
    assert [each.name.partition("@")[0] for each in lost_pushes(images.context, {here})] == ["whole", "lacking"]
