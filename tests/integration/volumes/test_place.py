"""Volumes are where Docker has them; those that an earlier release had elsewhere come along."""

import json
import os
from pathlib import Path

import pytest

from tests.daemon import Daemon

pytestmark = pytest.mark.privileged


def test_volumes_are_below_the_data_root_as_in_docker(daemon: Daemon) -> None:
    daemon.docker("pull", "-q", "busybox")
    root = json.loads(daemon.docker("info", "-f", "{{json .DockerRootDir}}").stdout)
    place = Path(root) / "volumes/named/_data"
    daemon.docker("run", "-d", "--name", "runs", "-v", "named:/v", "busybox", "sh", "-c", "echo kept > /v/file; top")
    daemon.docker("create", "--name", "still", "-v", "named:/v", "busybox", "cat", "/v/file")
    assert daemon.docker("volume", "inspect", "-f", "{{.Mountpoint}}", "named").stdout.strip() == str(place)

    # As an earlier release had it, whose records tell the old place.
    daemon.kill9()
    before = daemon.data_root / "plugins/volume_local"
    assert not before.exists()
    os.rename(daemon.data_root / "volumes", before)
    (before / "named/_data" / ("f" * 64)).write_text("a name like those of containers is nobody's but its owner's")
    daemon.restart()
    assert place.joinpath("file").read_text() == "kept\n"
    assert (before / "named/_data/file").read_text() == "kept\n"
    assert daemon.docker("volume", "inspect", "-f", "{{.Mountpoint}}", "named").stdout.strip() == str(place)
    daemon.docker("exec", "runs", "sh", "-c", "echo later > /v/file")
    assert daemon.docker("start", "-a", "still").stdout == "later\n"
    copied = daemon.docker("cp", "still:/v/file", "-").stdout
    assert "later" in copied
    daemon.remove_containers()
    daemon.assert_clean()
    daemon.restart()
    assert place.joinpath("file").exists()
    daemon.docker("volume", "rm", "named")
