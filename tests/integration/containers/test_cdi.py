"""`docker run --device vendor/class=name`: a container gets what the vendor's file says."""

import json
import shutil
from pathlib import Path

import pytest

from tests.conftest import DaemonFactory

pytestmark = pytest.mark.privileged

HOOK = "hook.example.com/lamp=one"


def write(directory: Path) -> None:
    (directory / "lib").mkdir()
    (directory / "lib/driver").write_text("driver of the lamp\n")
    edits = {
        "env": ["LAMP=on"],
        "deviceNodes": [{"path": "/dev/lamp", "hostPath": "/dev/zero", "permissions": "r"}],
        "mounts": [{"hostPath": str(directory / "lib"), "containerPath": "/lamp", "options": ["ro", "rbind"]}],
        "additionalGids": [4321],
    }
    lamp = {"cdiVersion": "1.0.0", "kind": "example.com/lamp", "devices": [{"name": "one", "containerEdits": edits}]}
    hooks = {"hooks": [{"hookName": "createRuntime", "path": "/bin/touch", "args": ["touch", str(directory / "touched")]}]}
    hooked = {"cdiVersion": "1.0.0", "kind": "hook.example.com/lamp", "devices": [{"name": "one", "containerEdits": hooks}]}
    (directory / "lamp.json").write_text(json.dumps(lamp))
    (directory / "hook.yaml").write_text(json.dumps(hooked))
    (directory / "broken.yaml").write_text("kind: [")


def test_a_container_gets_what_the_file_of_its_device_says(start_daemon: DaemonFactory, tmp_path: Path) -> None:
    write(tmp_path)
    with start_daemon("--cdi-spec-dir", str(tmp_path)) as daemon:
        daemon.docker("pull", "--quiet", "busybox")
        show = "echo $LAMP; cat /lamp/driver; head -c 3 /dev/lamp | wc -c; id -G; touch /lamp/x || echo read-only"
        done = daemon.docker("run", "--device=example.com/lamp=one", "busybox", "sh", "-c", show)
        assert done.stdout.splitlines()[:3] == ["on", "driver of the lamp", "3"]
        assert "4321" in done.stdout.splitlines()[3].split()
        assert done.stdout.splitlines()[4:] == ["read-only"]

        own = daemon.core(
            "run",
            "--rm",
            "--device=example.com/lamp=one",
            "--device=/dev/null:/dev/hole",
            "busybox",
            "sh",
            "-c",
            "echo $LAMP; ls /dev/hole",
        )
        assert own.stdout.split() == ["on", "/dev/hole"]
        (shown,) = json.loads(daemon.docker("inspect", daemon.docker("ps", "-aq").stdout.strip()).stdout)
        assert shown["HostConfig"]["DeviceRequests"] == [
            {"Driver": "cdi", "Count": 0, "DeviceIDs": ["example.com/lamp=one"], "Capabilities": None, "Options": None}
        ]
        info = daemon.json("/info")
        assert isinstance(info, dict)
        assert info["DiscoveredDevices"] == [{"Source": "cdi", "ID": "example.com/lamp=one"}, {"Source": "cdi", "ID": HOOK}]
        assert info["Warnings"][0].startswith(
            f"CDI: Error associated with spec file {tmp_path}/broken.yaml: failed to load CDI Spec"
        )
        older = daemon.json("/v1.49/info")
        assert isinstance(older, dict)
        assert "DiscoveredDevices" not in older

        refused = daemon.docker("run", "--device=example.com/lamp=two", "busybox", "true", check=False)
        assert refused.returncode == 125
        assert "CDI device injection failed: unresolvable CDI devices example.com/lamp=two" in refused.stderr
        refused = daemon.docker("run", f"--device={HOOK}", "busybox", "true", check=False)
        assert "runtime ns does not run hooks of the runtime specification: use --runtime=oci (crun or runc)" in refused.stderr
        assert not (tmp_path / "touched").exists()
        if shutil.which("crun") or shutil.which("runc"):
            daemon.docker("run", f"--device={HOOK}", "--runtime=oci", "busybox", "true")
            assert (tmp_path / "touched").exists()
