"""A layer in overlayfs' form changes a tree: it adds, replaces, deletes and hides."""

import os
import stat
from pathlib import Path

import pytest

from sdk.storage.applying import apply_layer
from sdk.storage.whiteouts import is_opaque, make_opaque, make_whiteout

pytestmark = pytest.mark.privileged


@pytest.fixture
def source(tmpfs: Path, request: pytest.FixtureRequest) -> Path:
    root = tmpfs / f"{request.node.name[:40]}-{os.urandom(3).hex()}"
    (root / "source").mkdir(parents=True)
    return root / "source"


def test_a_layer_adds_replaces_deletes_and_hides(source: Path) -> None:
    target, layer = source, source.parent / "layer"
    for name in ("etc/kept", "etc/gone", "opt/old/deep", "dir/file", "file"):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text("old")
    (layer / "etc").mkdir(parents=True)
    (layer / "opt").mkdir()
    (layer / "etc/new").write_text("new")
    make_whiteout(str(layer / "etc/gone"))
    make_whiteout(str(layer / "never"))
    make_opaque(str(layer / "opt"))
    (layer / "opt/new").write_text("new")
    (layer / "dir").write_text("a file now")
    (layer / "file").mkdir(mode=0o700)
    os.chmod(layer / "etc", 0o711)
    apply_layer(str(layer), str(target))
    found = {str(path.relative_to(target)): path.read_text() if path.is_file() else None for path in target.rglob("*")}
    assert found == {
        "etc": None,
        "etc/kept": "old",
        "etc/new": "new",
        "opt": None,
        "opt/new": "new",
        "dir": "a file now",
        "file": None,
    }
    assert stat.S_IMODE(os.stat(target / "etc").st_mode) == 0o711
    assert not is_opaque(str(target / "opt"))


def test_a_directory_is_not_followed_through_a_link_that_was_there(source: Path) -> None:
    layer, outside = source.parent / "layer", source.parent / "outside"
    outside.mkdir()
    (source / "d").symlink_to(outside)
    (layer / "d").mkdir(parents=True)
    (layer / "d/f").touch()
    apply_layer(str(layer), str(source))
    assert (source / "d/f").exists()
    assert not (source / "d").is_symlink()
    assert os.listdir(outside) == []


def test_an_opaque_layer_leaves_nothing_of_what_was_there(source: Path) -> None:
    (source / "old/deep").mkdir(parents=True)
    (source / "link").symlink_to("/")
    layer = source.parent / "layer"
    layer.mkdir()
    (layer / "new").touch()
    make_opaque(str(layer))
    apply_layer(str(layer), str(source))
    assert os.listdir(source) == ["new"]
