"""A daemon that has a directory for a registry, by one line of configuration, and no network at all."""

import subprocess
from pathlib import Path

import pytest

from tests.conftest import DaemonFactory

pytestmark = pytest.mark.privileged


def test_images_move_by_a_directory(start_daemon: DaemonFactory, tmpfs: Path) -> None:
    root = tmpfs / "carried"
    root.mkdir()
    line = f'plugins.registry_layout.hosts."layout.local" = "{root}"\n'
    with start_daemon(config=line) as daemon:
        daemon.docker("pull", "--quiet", "busybox")
        daemon.docker("tag", "busybox", "layout.local/tools/busybox:1")
        pushed = daemon.docker("push", "layout.local/tools/busybox:1").stdout
        assert "1: digest: sha256:" in pushed
        refused = daemon.docker("pull", "layout.local/tools/busybox:2", check=False)
        assert "manifest for layout.local/tools/busybox:2 not found: manifest unknown" in refused.stderr
        daemon.docker("rmi", "busybox", "layout.local/tools/busybox:1")
        assert daemon.docker("run", "--rm", "layout.local/tools/busybox:1", "echo", "carried").stdout == "carried\n"
        built = daemon.docker("build", "-q", "-", stdin="FROM layout.local/tools/busybox:1\nRUN touch /built\n", check=False)
        assert built.returncode == 0, built.stderr
    inspected = subprocess.run(["skopeo", "inspect", f"oci:{root}/tools/busybox:1"], capture_output=True, text=True)
    assert inspected.returncode == 0, inspected.stderr
