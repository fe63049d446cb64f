"""Images made, moved and taken apart with the stock CLI: commit, save, load, export, import, push."""

import json
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.privileged


def remove(docker, *names: str) -> None:
    docker("rmi", "-f", *names)


def test_commit_keeps_what_changed(docker):
    docker(
        "run",
        "--name",
        "changed",
        "-e",
        "SAID=hello",
        "busybox",
        "sh",
        "-c",
        "echo $SAID > /greeting; rm /bin/wget; mkdir /new; ln -s new /link",
    )
    identity = docker(
        "commit",
        "-m",
        "a message",
        "-a",
        "somebody",
        "-c",
        'CMD ["cat", "/greeting"]',
        "-c",
        "LABEL kind=made",
        "changed",
        "made:1",
    )
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", identity)
    docker("rm", "changed")
    assert docker("run", "--rm", "made:1") == "hello"
    assert (
        docker("run", "--rm", "made:1", "sh", "-c", "ls -d /bin/wget /new 2>/dev/null; readlink /link; echo $SAID")
        == "/new\nnew\nhello"
    )
    told = json.loads(docker("image", "inspect", "made:1"))[0]
    assert (told["Author"], told["Comment"], told["Config"]["Labels"]) == ("somebody", "a message", {"kind": "made"})
    assert len(told["RootFS"]["Layers"]) == 2
    assert docker("history", "--format", "{{.Comment}}", "made:1").splitlines()[0] == "a message"
    assert docker("images", "--filter", "label=kind=made", "--format", "{{.Repository}}:{{.Tag}}") == "made:1"
    remove(docker, "made:1")


def test_commit_of_a_running_container(docker):
    name = docker("run", "-d", "busybox", "sh", "-c", "echo data > /file; sync; exec sleep 1000")
    while "data" not in docker("exec", name, "sh", "-c", "cat /file || true"):
        pass
    docker("commit", name, "running:1")
    assert docker("inspect", "--format", "{{.State.Status}}", name) == "running"
    assert docker("run", "--rm", "running:1", "cat", "/file") == "data"
    docker("rm", "-f", name)
    remove(docker, "running:1")


def test_save_and_load(docker, fails, tmp_path: Path):
    docker("tag", "busybox", "saved/one:1")
    docker("tag", "busybox", "saved/two:2")
    identity = docker("images", "-q", "--no-trunc", "saved/one")
    docker("save", "-o", str(tmp_path / "images.tar"), "saved/one:1", "saved/two:2")
    docker("rmi", "saved/one:1", "saved/two:2")
    said = docker("load", "-i", str(tmp_path / "images.tar"))
    assert set(said.splitlines()[-2:]) == {"Loaded image: saved/one:1", "Loaded image: saved/two:2"}
    assert docker("images", "-q", "--no-trunc", "saved/two") == identity
    assert docker("run", "--rm", "saved/two:2", "echo", "there") == "there"
    assert "No such image: missing:latest" in fails("save", "-o", str(tmp_path / "x.tar"), "missing")[1]
    docker("rmi", "saved/one:1", "saved/two:2")


def test_export_and_import(docker, tmp_path: Path):
    name = docker("create", "busybox")
    docker("export", "-o", str(tmp_path / "root.tar"), name)
    docker("rm", name)
    identity = docker("import", "-c", "CMD echo imported", "-m", "by hand", str(tmp_path / "root.tar"), "imported:1")
    assert docker("images", "-q", "--no-trunc", "imported") == identity
    assert docker("run", "--rm", "imported:1") == "imported"
    remove(docker, "imported:1")


def test_push_and_pull_back(docker, fails):
    docker("run", "--name", "pushing", "busybox", "touch", "/pushed")
    name = "127.0.0.1:5000/own/pushed"
    docker("commit", "pushing", f"{name}:1")
    docker("rm", "pushing")
    said = docker("push", f"{name}:1")
    assert f"The push refers to repository [{name}]" in said
    assert re.search(r"^1: digest: sha256:[0-9a-f]{64} size: \d+$", said, re.M)
    digest = docker("inspect", "--format", "{{index .RepoDigests 0}}", f"{name}:1")
    docker("rmi", f"{name}:1")
    docker("pull", digest)
    assert docker("run", "--rm", digest, "ls", "/pushed") == "/pushed"
    assert docker("images", "--format", "{{.Tag}}", name) == "<none>"
    docker("rmi", digest)
    assert f"An image does not exist locally with the tag: {name}" in fails("push", f"{name}:1")[1]


def test_a_removed_images_layers_go_with_its_last_container(docker):
    docker("run", "--name", "first", "busybox", "touch", "/mark")
    docker("commit", "first", "short/lived:1")
    docker("rm", "first")
    docker("create", "--name", "last", "short/lived:1")
    said = docker("rmi", "-f", "short/lived:1")
    assert said.count("Deleted:") == 1
    docker("start", "-a", "last")
    docker("rm", "last")
    assert docker("images", "--filter", "dangling=true", "-q") == ""
    assert docker("image", "prune", "-f").endswith("Total reclaimed space: 0B")
