"""Pull, run, commit, push, pull: what the container had is what the next one has, to the byte; GNU tar and skopeo see the same."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sdk.testing.distribution import RunningRegistry
from sdk.testing.images import make_image, make_tar
from tests.busybox import busybox_layer, push
from tests.conftest import REGISTRY, DaemonFactory
from tests.daemon import Daemon
from tests.network import NetworkNamespace
from tests.trees import describe, plant

pytestmark = pytest.mark.privileged

_MOUNTED = ("etc/hosts", "etc/hostname", "etc/resolv.conf")
_ENVIRONMENT = ("proc", "sys", "dev", ".dockerenv", *_MOUNTED)
IMAGE = f"{REGISTRY}/changed"
_LOWER = make_tar(
    {
        "etc/": None,
        "lower/": None,
        "lower/kept": b"kept",
        "lower/gone": b"gone",
        "lower/becomes directory": b"file",
        "lower/becomes file/inner": b"inner",
        "lower/becomes link/inner": b"inner",
        "lower/emptied/a": b"a",
        "lower/emptied/b/c": b"c",
        "lower/made anew/old": b"old",
        "lower/touched": b"touched",
        "lower/linked": b"linked",
        "planted/": None,
        **dict.fromkeys(_MOUNTED, b""),
    }
)


def change(root: Path) -> None:
    """Do to the files of the lower layer what containers do."""
    lower = root / "lower"
    (lower / "gone").unlink()
    (lower / "becomes directory").unlink()
    (lower / "becomes directory").mkdir()
    (lower / "becomes directory/new").write_text("new")
    for name in ("becomes file", "becomes link", "emptied", "made anew"):
        shutil.rmtree(lower / name)
    (lower / "becomes file").write_text("file")
    (lower / "becomes link").symlink_to("kept")
    (lower / "emptied").mkdir()
    (lower / "made anew").mkdir(mode=0o711)
    (lower / "made anew/new").write_text("new")
    os.utime(lower / "touched", ns=(1, 1_600_000_000_000_000_001))
    os.link(lower / "linked", lower / "linked too")
    plant(root / "planted")


@pytest.mark.parametrize("storage", ["overlay", "vfs"])
def test_what_a_container_had_comes_back(
    start_daemon: DaemonFactory, registry: RunningRegistry, network: NetworkNamespace, tmpfs: Path, storage: str
) -> None:
    with network.entered():
        push(make_image([busybox_layer(), _LOWER]), registry.address, "library/lower")
    with start_daemon(config=f'[drivers]\nstorage = "{storage}"\n') as daemon:
        committed = commit_and_push(daemon)
        if storage == "overlay":
            assert differences(files_by_other_tools(daemon, tmpfs), committed) == {}
        daemon.remove_containers()
        daemon.docker("image", "prune", "--all", "--force")
        daemon.docker("pull", "--quiet", IMAGE)
        assert differences(files_of(daemon, IMAGE), committed) == {}
        assert daemon.docker("diff", "next").stdout == ""


def commit_and_push(daemon: Daemon) -> dict[str, object]:
    """Push an image of a changed container; return what its files were."""
    daemon.docker("run", "-d", "--name", "first", "--network", "none", "lower", "sleep", "1000")
    root = root_of(daemon, "first")
    change(root)
    before = describe(root, _ENVIRONMENT)
    daemon.docker("commit", "first", IMAGE)
    daemon.docker("push", "--quiet", IMAGE)
    return before


def differences(found: dict[str, object], wanted: dict[str, object]) -> dict[str, tuple[object, object]]:
    """Return what differs between two descriptions: short enough to be read."""
    names = found.keys() | wanted.keys()
    return {name: (found.get(name), wanted.get(name)) for name in names if found.get(name) != wanted.get(name)}


def root_of(daemon: Daemon, container: str) -> Path:
    pid = daemon.docker("inspect", "--format", "{{.State.Pid}}", container).stdout.strip()
    return Path(f"/proc/{pid}/root")


def files_of(daemon: Daemon, image: str) -> dict[str, object]:
    """Return what a new container of an image has."""
    daemon.docker("run", "-d", "--name", "next", "--network", "none", image, "sleep", "1000")
    return describe(root_of(daemon, "next"), _ENVIRONMENT)


def files_by_other_tools(daemon: Daemon, tmpfs: Path) -> dict[str, object]:
    """Return what skopeo finds in the registry and GNU tar unpacks."""
    copied, root = tmpfs / "copied", tmpfs / "applied"
    daemon.run("skopeo", "copy", "--quiet", "--src-tls-verify=false", f"docker://{IMAGE}", f"dir:{copied}")
    root.mkdir()
    for layer in json.loads((copied / "manifest.json").read_text())["layers"]:
        _apply(copied / layer["digest"].removeprefix("sha256:"), root)
    return describe(root, _ENVIRONMENT)


def _apply(layer: Path, root: Path) -> None:
    """Apply a layer as its specification says, with GNU tar: what is hidden or replaced goes first."""
    listed = subprocess.run(["tar", "--quoting-style=literal", "-tf", layer], check=True, capture_output=True).stdout
    for name in listed.decode(errors="surrogateescape").split("\n"):
        directory, _, last = name.rpartition("/")
        path = root / directory / last.removeprefix(".wh.")
        if path.is_dir() and not path.is_symlink() and last:
            shutil.rmtree(path)
        elif last.startswith(".wh."):
            path.unlink()
    keep = [
        "--delay-directory-restore",
        "--xattrs",
        "--xattrs-include=*",
        "--numeric-owner",
        "--same-permissions",
        "--exclude=.wh.*",
    ]
    subprocess.run(["tar", *keep, "-C", root, "-xf", layer], check=True)
