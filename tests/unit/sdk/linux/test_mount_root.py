import os
import subprocess
import sys
from pathlib import Path

import pytest

from sdk.linux.mount_root import is_mount_root


def test_the_root_is_a_mount_and_an_ordinary_name_is_none(tmp_path: Path) -> None:
    assert is_mount_root("/")
    (tmp_path / "link").symlink_to("/")
    assert not is_mount_root(tmp_path)
    assert not is_mount_root(os.fsencode(tmp_path / "link"))
    assert not is_mount_root(tmp_path / "absent")


@pytest.mark.privileged
def test_a_file_bound_from_the_same_file_system_is_a_mount(tmp_path: Path) -> None:
    for name in ("source", "target"):
        (tmp_path / name).touch()
    probe = "import sys; from sdk.linux.mount_root import is_mount_root; print(is_mount_root(sys.argv[1]))"
    script = f'mount --bind "$1/source" "$1/target" && "$2" -c "{probe}" "$1/target"'
    python = Path(sys.executable)
    done = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", tmp_path, python], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
