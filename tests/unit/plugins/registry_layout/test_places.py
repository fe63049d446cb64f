"""Where a repository is below a host's directory, and where a push of it goes."""

import json
import tarfile
from pathlib import Path

import pytest

from plugins.registry_layout.index import with_entry
from plugins.registry_layout.places import places, repository_of, target
from plugins.registry_layout.writing import make_layout
from sdk.errors import NotFound, Unsupported
from sdk.oci.descriptor import OCI_MANIFEST, Descriptor
from sdk.oci.reference import Reference, parse_reference

MANIFEST = Descriptor(OCI_MANIFEST, "sha256:" + "a" * 64, 5)


def reference(name: str) -> Reference:
    return parse_reference(f"host.example/{name}")


def layout(directory: Path, *names: str) -> Path:
    make_layout(directory)
    for name in names:
        (directory / "index.json").write_bytes(with_entry((directory / "index.json").read_bytes(), MANIFEST, name))
    return directory


def tags(root: Path, name: str) -> list[str]:
    asked = reference(name)
    return sorted(entry.tag for place in places(root, asked) for entry in place.named(repository_of(asked)))


def test_a_directory_is_the_repository_of_its_name(tmp_path: Path) -> None:
    layout(tmp_path / "team/app", "1", "2", "other:3")
    assert tags(tmp_path, "team/app") == ["1", "2"]
    assert tags(tmp_path, "team/app@sha256:" + "a" * 64) == ["1", "2"]
    for missing in ("app", "team", "team/app/deeper"):
        with pytest.raises(NotFound, match="there is no OCI image layout at"):
            places(tmp_path, reference(missing))


def test_an_archive_is_the_repository_of_its_name(tmp_path: Path) -> None:
    made = layout(tmp_path / "made", "1")
    with tarfile.open(tmp_path / "app.tar", "w") as archive:
        archive.add(made, ".")
    assert tags(tmp_path, "app") == ["1"]
    with pytest.raises(Unsupported, match="cannot be pushed to"):
        target(tmp_path, reference("app"))
    assert tags(tmp_path / "app.tar", "app") == ["1"]
    with pytest.raises(Unsupported, match="cannot be pushed to"):
        target(tmp_path / "app.tar", reference("other"))


def test_a_host_that_is_a_layout_has_all_repositories(tmp_path: Path) -> None:
    root = layout(tmp_path / "root", "a/b:1", "2", "library/c:3")
    assert (tags(root, "a/b"), tags(root, "root"), tags(root, "c"), tags(root, "none")) == (["1"], ["2"], ["3"], [])
    pushed = target(root, reference("a/b"))
    assert (pushed.directory, pushed.name("9")) == (root, "a/b:9")


def test_the_only_manifest_is_the_latest_if_it_has_no_name(tmp_path: Path) -> None:
    root = layout(tmp_path / "app", "1")
    index = json.loads((root / "index.json").read_bytes())
    del index["manifests"][0]["annotations"]
    (root / "index.json").write_text(json.dumps(index))
    assert tags(tmp_path, "app") == ["latest"]
    (root / "index.json").write_bytes(with_entry((root / "index.json").read_bytes(), MANIFEST, "1"))
    assert tags(tmp_path, "app") == ["", "1"]


def test_official_images_go_by_their_short_name_and_are_found_by_both(tmp_path: Path) -> None:
    official = parse_reference("busybox")
    assert repository_of(official) == "busybox"
    layout(tmp_path / "library/busybox", "1")
    layout(tmp_path / "busybox", "2")
    assert sorted(entry.tag for place in places(tmp_path, official) for entry in place.named("busybox")) == ["1", "2"]
    assert target(tmp_path, official).directory == tmp_path / "busybox"


def test_a_push_makes_a_layout_below_a_directory_that_is_there(tmp_path: Path) -> None:
    pushed = target(tmp_path, reference("new/app"))
    assert (pushed.directory, pushed.name("1")) == (tmp_path / "new/app", "1")
    with pytest.raises(NotFound, match="there is no directory"):
        target(tmp_path / "unplugged", reference("new/app"))
