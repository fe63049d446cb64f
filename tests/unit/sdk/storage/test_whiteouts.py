"""How a layer says that a name of the layers below is gone."""

import os
from pathlib import Path

import pytest

from sdk.storage.whiteouts import is_opaque, is_whiteout, make_opaque, make_whiteout

pytestmark = pytest.mark.privileged


@pytest.fixture
def source(tmpfs: Path, request: pytest.FixtureRequest) -> Path:
    root = tmpfs / f"{request.node.name[:40]}-{os.urandom(3).hex()}"
    (root / "source").mkdir(parents=True)
    return root / "source"


def test_a_whiteout_over_what_the_layer_itself_has(source: Path) -> None:
    (source / "d").mkdir()
    (source / "f").touch()
    for name in ("d", "f", "x"):
        make_whiteout(str(source / name))
    assert is_opaque(str(source / "d"))
    assert not is_whiteout(os.lstat(source / "f"))
    assert is_whiteout(os.lstat(source / "x"))


def test_a_device_of_another_number_is_no_whiteout() -> None:
    assert not is_whiteout(os.stat("/dev/null"))
    assert not is_whiteout(os.stat("/"))


def test_what_is_opaque_is_told_of_paths_and_descriptors(source: Path) -> None:
    (source / "d").mkdir()
    descriptor = os.open(source / "d", os.O_PATH)
    try:
        assert not is_opaque(descriptor)
        make_opaque(str(source / "d"))
        assert is_opaque(descriptor)
    finally:
        os.close(descriptor)
    assert is_opaque(os.fsencode(source / "d"))
    assert not is_opaque(str(source / "none"))
