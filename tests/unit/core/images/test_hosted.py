"""Manifests that clients pushed here."""

from pathlib import Path

import pytest

from core.images.hosted import Hosted, HostedManifest, HostedTag
from core.store.database import Database
from sdk.oci.descriptor import OCI_MANIFEST, Descriptor
from sdk.oci.digest import digest_of
from sdk.oci.reference import parse_reference

APP, OTHER = parse_reference("host:5000/app:1"), parse_reference("host:5000/other:1")
A, B = digest_of(b"a"), digest_of(b"b")


def manifest(digest: str, image: str = "", **more: tuple[str, ...]) -> HostedManifest:
    return HostedManifest(Descriptor(OCI_MANIFEST, digest, 1), (digest,), image, **more)


@pytest.fixture
def images() -> set[str]:
    return {"image"}


@pytest.fixture
def hosted(tmp_path: Path, images: set[str]) -> Hosted:
    return Hosted(Database(tmp_path / "db"), images.__contains__)


def test_each_repository_has_its_own_also_after_a_restart(hosted: Hosted, tmp_path: Path) -> None:
    hosted.put(APP, manifest(A))
    hosted.put_tag(APP, HostedTag(A))
    again = Hosted(Database(tmp_path / "db"), bool)
    for each in (hosted, again):
        assert each.get(APP, A) == manifest(A)
        assert each.get(OTHER, A) is each.get(APP, B) is each.tag(OTHER) is None
        assert each.tag(APP) == HostedTag(A)
        assert each.blobs == {A}
        assert [name.digest for name, _ in each.manifests()] == [A]
        assert [name for name, _ in each.tags()] == [APP]


def test_what_is_deleted_is_gone_at_once_and_for_good(hosted: Hosted, tmp_path: Path) -> None:
    hosted.put(APP, manifest(A))
    hosted.put_tag(APP, HostedTag(A))
    for _ in range(2):
        hosted.delete(APP, A)
        hosted.delete_tag(APP)
    for each in (hosted, Hosted(Database(tmp_path / "db"), bool)):
        assert each.get(APP, A) is each.tag(APP) is None
        assert each.blobs == set()


def test_what_is_of_an_image_falls_with_it(hosted: Hosted, images: set[str], tmp_path: Path) -> None:
    hosted.put(APP, manifest(A, "image"))
    hosted.put(APP, manifest(B))
    assert hosted.blobs == {A, B}
    images.clear()
    assert (hosted.blobs, hosted.get(APP, A)) == ({B}, None)
    assert [name.digest for name, _ in hosted.manifests()] == [B]
    hosted.drop_void()
    images.add("image")
    assert Hosted(Database(tmp_path / "db"), images.__contains__).blobs == {B}


@pytest.mark.parametrize(("own", "index", "expected"), [("", "image", "image"), ("", "", ""), ("other", "image", "other")])
def test_what_an_index_lists_goes_with_the_indexs_image(
    hosted: Hosted, images: set[str], own: str, index: str, expected: str
) -> None:
    images.add("other")
    hosted.put(APP, manifest(B, own))
    hosted.put(APP, manifest(A, index, children=(B, digest_of(b"not here"))))
    child = hosted.get(APP, B)
    assert child
    assert child.image == expected
