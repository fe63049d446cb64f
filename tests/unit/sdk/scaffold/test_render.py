"""Every kind's project is complete: it imports, registers, keeps the structural rules and passes its own tests."""

import subprocess
import sys
from pathlib import Path

import pytest

from sdk.errors import InvalidArgument
from sdk.providers import Kind
from sdk.scaffold import render


@pytest.mark.parametrize("kind", Kind)
def test_the_project_passes_its_own_tests(kind: Kind, tmp_path: Path) -> None:
    render(kind, "my-fs", tmp_path / "project")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path / "project",
        env={"PYTHONPATH": ".", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_driver_has_every_abstract_method_with_the_interfaces_types(tmp_path: Path) -> None:
    render(Kind.STORAGE, "btrfs", tmp_path)
    source = (tmp_path / "core_storage_btrfs/driver.py").read_text()
    assert "class BtrfsStorageDriver(StorageDriver):" in source
    assert "async def commit(self, name: ChainID, key: str, *, parent: ChainID | None) -> None:" in source
    assert 'raise Unsupported("storage_btrfs: commit is not implemented yet")' in source
    assert "async def status" not in source


def test_the_project_announces_its_entry_point(tmp_path: Path) -> None:
    render(Kind.STORAGE, "btrfs", tmp_path)
    assert 'storage_btrfs = "core_storage_btrfs.plugin"' in (tmp_path / "pyproject.toml").read_text()


@pytest.mark.parametrize("name", ["", "Btrfs", "my fs", "-x", "x-", "../x", "class"])
def test_a_bad_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="is no driver name"):
        render(Kind.STORAGE, name, tmp_path)
    assert list(tmp_path.iterdir()) == []
