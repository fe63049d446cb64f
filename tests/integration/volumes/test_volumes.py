"""Volumes, binds and tmpfs of real containers, asked for by the stock Docker CLI."""

import json
import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from tests.daemon import Daemon

pytestmark = pytest.mark.privileged


@pytest.fixture
def shared(shared_daemon: Daemon, tmp_path: Path):
    tmp_path.chmod(0o755)
    yield shared_daemon
    shared_daemon.remove_containers()
    for name in shared_daemon.docker("volume", "ls", "-q").stdout.split():
        shared_daemon.docker("volume", "rm", name)


def sh(daemon: Daemon, script: str, *flags: str, check: bool = True) -> str:
    done = daemon.docker("run", "--rm", *flags, "busybox", "sh", "-c", script, check=check)
    return done.stdout + ("" if check else done.stderr)


def volumes(daemon: Daemon, *filters: str) -> list[str]:
    words = [word for text in filters for word in ("-f", text)]
    return daemon.docker("volume", "ls", "-q", *words).stdout.split()


def test_a_named_volume_outlives_its_containers(shared: Daemon):
    sh(shared, "echo kept > /data/file", "-v", "data:/data")
    assert sh(shared, "cat /data/file", "-v", "data:/data:ro") == "kept\n"
    assert "Read-only file system" in sh(shared, "touch /data/x", "-v", "data:/data:ro", check=False)
    assert volumes(shared) == ["data"]
    (info,) = json.loads(shared.docker("volume", "inspect", "data").stdout)
    assert (info["Driver"], info["Scope"], Path(info["Mountpoint"]).joinpath("file").read_text()) == ("local", "local", "kept\n")


def test_an_empty_volume_takes_what_the_image_has(shared: Daemon):
    assert "passwd" in sh(shared, "ls /etc", "-v", "etc:/etc")
    assert "passwd" in sh(shared, "ls /other", "-v", "etc:/other")
    assert "passwd" not in sh(shared, "ls /etc", "-v", "bare:/etc:nocopy")
    assert sh(shared, "stat -c %a /tmp", "-v", "tmp:/tmp") == "1777\n"
    sh(shared, "rm /etc/passwd", "-v", "etc:/etc")
    assert "passwd" not in sh(shared, "ls /etc", "-v", "etc:/etc")


def test_anonymous_volumes_go_with_their_container_if_asked(shared: Daemon):
    sh(shared, "touch /a/x", "-v", "/a")
    assert volumes(shared) == []
    shared.docker("run", "--name", "box", "-v", "/a", "busybox", "touch", "/a/x")
    (name,) = volumes(shared, "dangling=false")
    assert len(name) == 64
    assert json.loads(shared.docker("volume", "inspect", name).stdout)[0]["Labels"] == {"com.docker.volume.anonymous": ""}
    shared.docker("rm", "box")
    assert volumes(shared, "dangling=true") == [name]
    assert name in shared.docker("volume", "prune", "-f").stdout
    shared.docker("run", "--name", "box", "-v", "/a", "busybox", "true")
    shared.docker("rm", "-v", "box")
    assert volumes(shared) == []


def test_a_failed_create_leaves_no_anonymous_volume(shared: Daemon):
    done = shared.docker("create", "-v", "/a", "-v", "bad!:/b", "busybox", check=False)
    assert 'create bad!: "bad!" includes invalid characters for a local volume name' in done.stderr
    assert volumes(shared) == []


def test_a_used_volume_is_kept(shared: Daemon):
    identity = shared.docker("create", "--name", "box", "-v", "data:/d", "busybox").stdout.strip()
    done = shared.docker("volume", "rm", "data", check=False)
    assert f"remove data: volume is in use - [{identity}]" in done.stderr
    assert "Total reclaimed space: 0B" in shared.docker("volume", "prune", "-af").stdout


def test_binds(shared: Daemon, tmp_path: Path):
    (tmp_path / "file").write_text("host")
    assert sh(shared, "cat /b/file; echo made > /b/new", "-v", f"{tmp_path}:/b") == "host"
    assert (tmp_path / "new").read_text() == "made\n"
    assert sh(shared, "cat /f", "-v", f"{tmp_path}/file:/f:ro") == "host"
    sh(shared, "true", "-v", f"{tmp_path}/deep/er:/b")
    assert (tmp_path / "deep/er").is_dir()
    done = shared.docker("run", "--rm", "--mount", f"type=bind,src={tmp_path}/none,dst=/b", "busybox", check=False)
    assert f'invalid mount config for type "bind": bind source path does not exist: {tmp_path}/none' in done.stderr
    assert done.returncode == 125
    done = shared.docker("run", "--rm", "-v", f"{tmp_path}:/b", "-v", "/tmp:/b", "busybox", check=False)
    assert "Duplicate mount point: /b" in done.stderr


def test_mounts_lie_in_one_another(shared: Daemon, tmp_path: Path):
    (tmp_path / "file").write_text("inner")
    words = ["--tmpfs", "/a", "-v", "outer:/a/b", "-v", f"{tmp_path}:/a/b/c"]
    assert sh(shared, "cat /a/b/c/file; grep -c ' /a' /proc/mounts", *words) == "inner3\n"


def test_tmpfs(shared: Daemon):
    line = sh(shared, "grep ' /t ' /proc/mounts", "--tmpfs", "/t:size=1m,mode=700,exec")
    assert line.startswith("tmpfs /t tmpfs rw,nosuid,nodev,")
    assert "noexec" not in line
    assert "size=1024k,mode=700" in line
    line = sh(shared, "grep ' /t ' /proc/mounts", "--mount", "type=tmpfs,dst=/t,tmpfs-size=2m,tmpfs-mode=1770")
    assert "noexec" in line
    assert "size=2048k,mode=1770" in line


def test_volumes_from(shared: Daemon, tmp_path: Path):
    shared.docker("create", "--name", "box", "-v", "data:/d", "-v", f"{tmp_path}:/b", "busybox")
    assert sh(shared, "echo x > /d/f; ls -d /b", "--volumes-from", "box") == "/b\n"
    assert "Read-only" in sh(shared, "touch /d/g", "--volumes-from", "box:ro", check=False)


def test_a_subpath(shared: Daemon):
    sh(shared, "mkdir /d/in; echo sub > /d/in/f; ln -s /etc /d/out; ln -s in /d/link", "-v", "data:/d")
    for name in ("in", "link"):
        assert sh(shared, "cat /s/f", "--mount", f"source=data,dst=/s,volume-subpath={name}") == "sub\n"
    for name, reason in {"out": "path concatenation escapes the base directory", "none": "cannot access path"}.items():
        done = shared.docker("run", "--rm", "--mount", f"source=data,dst=/s,volume-subpath={name}", "busybox", check=False)
        assert reason in done.stderr


def test_a_subpath_that_is_empty_is_filled_from_the_image(shared: Daemon):
    sh(shared, "mkdir /d/bin", "-v", "data:/d")
    assert "busybox" in sh(shared, "ls /bin", "--mount", "source=data,dst=/bin,volume-subpath=bin")


def test_inspect_tells_the_mounts(shared: Daemon, tmp_path: Path):
    words = ["-v", f"{tmp_path}:/b:ro", "-v", "data:/d", "--mount", "type=tmpfs,dst=/t", "--tmpfs", "/hidden"]
    shared.docker("create", "--name", "box", *words, "busybox")
    mounts = {m["Destination"]: m for m in json.loads(shared.docker("inspect", "box").stdout)[0]["Mounts"]}
    bind = {"Type": "bind", "Source": str(tmp_path), "Destination": "/b", "Mode": "ro", "RW": False, "Propagation": "rprivate"}
    assert mounts["/b"] == bind
    source = f"{shared.data_root}/"
    volume = mounts["/d"]
    assert volume.pop("Source").startswith(source)
    assert volume == {
        "Type": "volume",
        "Name": "data",
        "Destination": "/d",
        "Driver": "local",
        "Mode": "z",
        "RW": True,
        "Propagation": "",
    }
    assert mounts["/t"]["Type"] == "tmpfs"
    assert "/hidden" not in mounts


def test_driver_options(shared: Daemon, tmp_path: Path):
    (tmp_path / "file").write_text("there")
    shared.docker("volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "-o", "o=size=1m,uid=1000", "fast")
    shared.docker("volume", "create", "-o", "type=none", "-o", f"device={tmp_path}", "-o", "o=bind", "bound")
    assert (
        sh(shared, "cat /b/file; stat -c %u /f; df -k /f | tail -1 | awk '{print $2}'", "-v", "fast:/f", "-v", "bound:/b")
        == "there1000\n1024\n"
    )
    assert (tmp_path / "file").exists()
    assert str(shared.data_root) not in Path("/proc/mounts").read_text().replace(f"{shared.data_root}/storage", "")
    done = shared.docker("volume", "create", "-o", "color=red", "bad", check=False)
    assert 'create bad: invalid option: "color"' in done.stderr


def test_read_only_means_what_is_mounted_below_too(shared: Daemon, tmp_path: Path):
    (tmp_path / "below").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "below", tmp_path / "below"], check=True)
    try:
        assert "Read-only" in sh(shared, "touch /b/below/x", "-v", f"{tmp_path}:/b:ro", check=False)
        plain = f"type=bind,src={tmp_path},dst=/b,ro,bind-recursive=writable"
        assert sh(shared, "touch /b/below/x && touch /b/x 2>/dev/null || echo refused", "--mount", plain) == "refused\n"
        assert (tmp_path / "below/x").exists()
        words = ["--mount", f"type=bind,src={tmp_path},dst=/b,bind-recursive=disabled"]
        assert sh(shared, "ls /b/below", *words) == ""
    finally:
        subprocess.run(["umount", tmp_path / "below"], check=True)


def test_propagation(shared: Daemon, tmp_path: Path):
    shared_directory = tmp_path / "shared"
    shared_directory.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "shared", shared_directory], check=True)
    try:
        subprocess.run(["mount", "--make-shared", shared_directory], check=True)
        (shared_directory / "later").mkdir()
        shared.docker("run", "-d", "--name", "box", "-v", f"{shared_directory}:/s:rslave", "busybox", "sleep", "60")
        subprocess.run(["mount", "-t", "tmpfs", "late", shared_directory / "later"], check=True)
        try:
            (shared_directory / "later/file").touch()
            assert shared.docker("exec", "box", "ls", "/s/later").stdout == "file\n"
        finally:
            subprocess.run(["umount", shared_directory / "later"], check=True)
    finally:
        shared.remove_containers()
        subprocess.run(["umount", shared_directory], check=True)


def test_events_tell_of_volumes(shared: Daemon):
    sh(shared, "true", "-v", "data:/d:ro")
    shared.docker("volume", "rm", "data")
    until = f"{time.time():.6f}"
    listing = shared.docker("events", "--since", "1m", "--until", until, "--filter", "volume=data", "--format", "{{json .}}").stdout
    events = [json.loads(line) for line in listing.splitlines()]
    assert [event["Action"] for event in events][-4:] == ["create", "mount", "unmount", "destroy"]
    mounted = events[-3]["Actor"]
    assert (mounted["ID"], mounted["Attributes"]["destination"], mounted["Attributes"]["read/write"]) == ("data", "/d", "false")


def test_system_df_counts_volumes(shared: Daemon):
    sh(shared, "head -c 100000 /dev/zero > /d/f", "-v", "data:/d")
    usage = json.loads(shared.docker("system", "df", "-v", "--format", "{{json .Volumes}}").stdout)
    assert [(volume["Name"], volume["Links"], volume["Size"]) for volume in usage] == [("data", "0", "102.4kB")]


def test_volumes_survive_the_daemons_death(daemon: Daemon):
    daemon.docker("pull", "-q", "busybox")
    daemon.docker("volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "fast")
    daemon.docker("run", "-d", "--name", "box", "-v", "data:/d", "-v", "fast:/f", "-v", "/anonymous", "busybox", "sleep", "60")
    daemon.docker("exec", "box", "sh", "-c", "echo 1 > /d/f; echo 2 > /f/f")
    before = volumes(daemon)
    daemon.kill9()
    daemon.start()
    assert volumes(daemon) == before
    assert daemon.docker("exec", "box", "cat", "/d/f", "/f/f").stdout == "1\n2\n"
    assert daemon.docker("run", "--rm", "-v", "fast:/f", "busybox", "cat", "/f/f").stdout == "2\n"
    assert daemon.docker("volume", "rm", "data", check=False).returncode == 1
    daemon.docker("rm", "-f", "-v", "box")
    assert volumes(daemon) == ["data", "fast"]
    assert not any(
        "/fast/" in line for line in Path("/proc/mounts").read_text().splitlines() if os.fspath(daemon.data_root) in line
    )


@pytest.fixture
def loop_device(tmp_path: Path):
    disk = tmp_path / "disk.ext4"
    with disk.open("wb") as file:
        file.truncate(8 << 20)
    subprocess.run(["mkfs.ext4", "-q", disk], check=True)
    device = subprocess.run(["losetup", "--find", "--show", disk], check=True, capture_output=True, text=True).stdout.strip()
    yield device
    subprocess.run(["losetup", "--detach", device], check=True)


def test_a_block_device_as_a_volume(shared: Daemon, loop_device: str):
    shared.docker("volume", "create", "-o", "type=ext4", "-o", f"device={loop_device}", "-o", "o=noatime", "disk")
    assert sh(shared, "echo kept > /d/f; ls /d; grep ' /d ' /proc/mounts", "-v", "disk:/d").startswith(
        f"f\nlost+found\n{loop_device} /d ext4 rw,noatime"
    )
    assert loop_device not in Path("/proc/mounts").read_text()
    assert sh(shared, "cat /d/f", "-v", "disk:/d:ro") == "kept\n"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (
            ("type=nfs", "device=:/export", "o=addr=nosuchhost.invalid,rw"),
            "error resolving passed in network volume address: lookup nosuchhost.invalid: no such host",
        ),
        (
            ("type=ext4", "device=/no/such/device"),
            r"failed to mount local volume: mount /no/such/device:\S+/broken/_data: no such file",
        ),
        (
            ("type=ext4", "device=/dev/null", "o=noatime"),
            r"failed to mount local volume: mount /dev/null:\S+/_data, data: noatime: block device required",
        ),
    ],
)
def test_a_volume_that_cannot_be_mounted(shared: Daemon, options: tuple[str, ...], why: str):
    shared.docker("volume", "create", *(word for option in options for word in ("-o", option)), "broken")
    done = shared.docker("run", "--name", "box", "-v", "broken:/d", "busybox", "true", check=False)
    assert done.returncode != 0
    assert re.search(rf"error while mounting volume '\S+/broken/_data': {why}", done.stderr), done.stderr
    assert str(shared.data_root / "plugins") not in Path("/proc/mounts").read_text()


def test_prunes_choose(shared: Daemon):
    for name, label in (("one", "team=a"), ("two", "team=b"), ("three", "keep=1")):
        shared.docker("volume", "create", "--label", label, name)
    shared.docker("run", "-v", "/data", "--name", "box", "busybox", "true")
    shared.docker("rm", "box")
    (anonymous,) = set(volumes(shared)) - {"one", "two", "three"}

    assert "one" not in shared.docker("volume", "prune", "-f", "--filter", "label=team").stdout
    assert sorted(volumes(shared)) == sorted([anonymous, "one", "two", "three"])
    shared.docker("volume", "prune", "-f", "-a", "--filter", "label=team=a")
    assert sorted(volumes(shared)) == sorted([anonymous, "three", "two"])
    shared.docker("volume", "prune", "-f")
    assert sorted(volumes(shared)) == ["three", "two"]
    shared.docker("volume", "prune", "-f", "--filter", "all=true", "--filter", "label!=keep")
    assert volumes(shared) == ["three"]
    refused = shared.docker("volume", "prune", "-f", "--filter", "colour=red", check=False)
    assert "invalid filter 'colour'" in refused.stderr


def test_an_empty_volume_takes_the_directorys_owner_and_mode(shared: Daemon):
    script = "mkdir -p /srv/own/sub && echo in > /srv/own/file && chown -R 1000:2000 /srv/own && chmod 2750 /srv/own && chmod 600 /srv/own/file"
    shared.docker("run", "--name", "box", "busybox", "sh", "-c", script)
    shared.docker("commit", "box", "owned")
    shared.docker("rm", "box")
    show = ("owned", "stat", "-c", "%u:%g %a %n", "/srv/own", "/srv/own/file", "/srv/own/sub")
    expected = ["1000:2000 2750 /srv/own", "1000:2000 600 /srv/own/file", "1000:2000 755 /srv/own/sub"]
    assert shared.docker("run", "--rm", "-v", "data:/srv/own", *show).stdout.splitlines() == expected
    assert shared.docker("run", "--rm", "-v", "/srv/own", *show).stdout.splitlines() == expected
    write = ("--user", "1000", "-v", "data:/srv/own", "owned", "sh", "-c", "echo mine > /srv/own/mine && stat -c %g /srv/own/mine")
    assert shared.docker("run", "--rm", *write).stdout == "2000\n", "whoever the image runs as can write, the group is inherited"
    assert shared.docker("run", "--rm", "-v", "data:/elsewhere", "busybox", "ls", "/elsewhere").stdout.split() == [
        "file",
        "mine",
        "sub",
    ]
    bare = shared.docker("run", "--rm", "-v", "bare:/srv/own:nocopy", "owned", "stat", "-c", "%u:%g %a", "/srv/own").stdout
    assert bare == "0:0 755\n"
    shared.docker("rmi", "owned")


@pytest.mark.parametrize("runtime", ["ns", "oci"])
def test_a_destination_that_is_a_dangling_symlink_is_made_inside(shared: Daemon, tmp_path: Path, runtime: str):
    (tmp_path / "file").write_text("bound")
    script = "mkdir /etc/x; ln -s /made/deep /data; ln -s ../../../../up /etc/x/up"
    shared.docker("build", "-q", "-t", "dangling", "-", stdin=f"FROM busybox\nRUN {script}\n")
    words = ["-v", f"{tmp_path}:/data", "-v", "vol:/etc/x/up/further", f"--runtime={runtime}", "--network=none", "dangling"]
    done = shared.docker("run", "--rm", *words, "sh", "-c", "cat /made/deep/file; ls -d /up/further")
    assert done.stdout == "bound/up/further\n"
    assert not Path("/made").exists()
    assert not Path("/up").exists()


def test_a_tmpfs_has_the_propagation_that_is_asked_for(shared: Daemon):
    for word, expected in {"shared": True, "private": False, "size=1m": False}.items():
        line = sh(shared, "grep ' /t ' /proc/self/mountinfo", "--tmpfs", f"/t:{word}")
        assert ("shared:" in line) == expected
