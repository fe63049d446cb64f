from pathlib import Path

import pytest

from core.images.content.store import ContentStore
from core.images.store import ImageRecord, ImageStore
from core.store.database import Database
from sdk.errors import InvalidArgument, NoSuchImage
from sdk.oci.descriptor import OCI_MANIFEST, Descriptor
from sdk.oci.digest import digest_of
from sdk.oci.reference import parse_reference
from sdk.testing.images import make_image, make_tar

pytestmark = pytest.mark.anyio

IMAGE, OTHER = make_image((make_tar({"a": b"a"}),)), make_image((make_tar({"b": b"b"}),))
NAME = parse_reference("user/app:1")


@pytest.fixture
async def store(tmp_path: Path) -> ImageStore:
    opened = open_store(tmp_path)
    for image in (IMAGE, OTHER):
        await opened.content.put(image.blobs[0][1])
    return opened


def open_store(root: Path) -> ImageStore:
    return ImageStore(Database(root / "db"), ContentStore(root / "content"))


def record(parent: str = "") -> ImageRecord:
    return ImageRecord(Descriptor(OCI_MANIFEST, digest_of(b"m"), 1), (), 7, parent)


async def test_an_image_is_found_by_every_kind_of_reference(store: ImageStore) -> None:
    digest = digest_of(b"index")
    store.add(IMAGE.id, record(), (NAME, parse_reference(f"user/app@{digest}")))
    hexadecimal = IMAGE.id.removeprefix("sha256:")
    for ref in (
        "user/app:1",
        "docker.io/user/app:1",
        "index.docker.io/user/app:1",
        f"user/app@{digest}",
        f"user/app:whatever@{digest}",
        IMAGE.id,
        hexadecimal,
        hexadecimal[:12],
        f"sha256:{hexadecimal[:5]}",
    ):
        assert store.find(ref).id == IMAGE.id, ref


async def test_what_is_not_found_is_named_in_full(store: ImageStore) -> None:
    store.add(IMAGE.id, record(), (NAME,))
    with pytest.raises(NoSuchImage, match=r"^No such image: user/app:latest$"):
        store.find("user/app")
    with pytest.raises(NoSuchImage, match=r"^No such image: sha256:0{64}$"):
        store.find("0" * 64)
    with pytest.raises(InvalidArgument, match="must be lowercase"):
        store.find("User/App")


async def test_a_name_wins_over_a_prefix_of_an_id(store: ImageStore) -> None:
    store.add(IMAGE.id, record())
    prefix = IMAGE.id[7:13]
    store.add(OTHER.id, record(), (parse_reference(prefix),))
    assert store.find(prefix).id == OTHER.id


async def test_a_tag_moves_from_image_to_image(store: ImageStore) -> None:
    store.add(IMAGE.id, record(), (NAME,))
    before = store.info(IMAGE.id, 0)
    store.add(OTHER.id, record(), (NAME,))
    assert before.tags == ("user/app:1",)
    assert store.info(IMAGE.id, 0).tags == ()
    assert store.info(OTHER.id, 0).tags == ("user/app:1",)
    assert store.info(OTHER.id, 0).tagged_ns >= before.tagged_ns > 0


async def test_infos_are_the_same_object_until_something_changes(store: ImageStore) -> None:
    store.add(IMAGE.id, record(), (NAME,))
    info = store.info(IMAGE.id, 0)
    store.add(IMAGE.id, record(), (NAME,))
    assert store.info(IMAGE.id, 0) is info
    assert store.info(IMAGE.id, 1) is not info
    store.tag(IMAGE.id, parse_reference("second"))
    assert store.info(IMAGE.id, 1).tags == ("second:latest", "user/app:1")


async def test_what_was_recorded_is_there_after_a_restart(store: ImageStore, tmp_path: Path) -> None:
    store.add(IMAGE.id, record(), (NAME,))
    again = open_store(tmp_path)
    assert again.find("user/app:1").config == store.get(IMAGE.id).config
    assert again.info(IMAGE.id, 0).size == 7
    again.forget(IMAGE.id)
    assert list(open_store(tmp_path)) == []


async def test_an_image_whose_configuration_is_lost_is_left_out(store: ImageStore, tmp_path: Path, caplog) -> None:
    store.add(IMAGE.id, record(), (NAME,))
    store.add(OTHER.id, record())
    await store.content.delete(IMAGE.id)
    again = open_store(tmp_path)
    assert [image.id for image in again] == [OTHER.id]
    assert "is left out" in caplog.text
    with pytest.raises(NoSuchImage):
        again.find("user/app:1")


async def test_descendants_are_followed_through_generations(store: ImageStore) -> None:
    store.add(IMAGE.id, record(), (NAME,))
    store.add(OTHER.id, record(parent=IMAGE.id))
    assert store.descendants("user/app:1") == {IMAGE.id, OTHER.id}
    assert store.descendants(OTHER.id) == {OTHER.id}
