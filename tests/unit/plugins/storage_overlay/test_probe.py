"""Where overlayfs does not work, the driver steps aside with a sentence."""

import subprocess
from pathlib import Path

import pytest

from plugins.storage_overlay.probe import probe
from sdk.errors import SkipPlugin


@pytest.mark.parametrize("name", ["a:b", "a,b", "a\\b"])
def test_a_path_that_mount_options_cannot_hold(tmp_path: Path, name: str):
    with pytest.raises(SkipPlugin, match="overlayfs cannot name"):
        probe(tmp_path / name)


@pytest.mark.privileged
def test_a_data_root_on_overlayfs(tmpfs: Path):
    for name in ("lower", "upper", "work", "merged"):
        (tmpfs / "probe" / name).mkdir(parents=True)
    options = ",".join(f"{key}dir={tmpfs}/probe/{key}" for key in ("lower", "upper", "work"))
    merged = tmpfs / "probe/merged"
    subprocess.run(["mount", "-t", "overlay", "-o", options, "probe", merged], check=True)
    try:
        with pytest.raises(SkipPlugin, match="overlayfs does not work on"):
            probe(merged)
        assert list(merged.iterdir()) == []
    finally:
        subprocess.run(["umount", merged], check=True)


@pytest.mark.privileged
def test_a_data_root_that_can(tmpfs: Path):
    assert all(option.endswith("=off") for option in probe(tmpfs))
