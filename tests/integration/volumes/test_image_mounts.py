"""Mounts of type image: the files of an image in a container of another one."""

import json
from collections.abc import Iterator

import pytest

from tests.daemon import Daemon

pytestmark = pytest.mark.privileged

_FILES = """\
FROM busybox
RUN mkdir -p /subdir/deep /hack && echo inside > /subdir/file && ln -s ../subdir /hack/good && ln -s / /hack/root && ln -s ../../../etc /hack/bad
"""


@pytest.fixture
def files(shared_daemon: Daemon) -> Iterator[Daemon]:
    """The daemon, which has an image `files`."""
    shared_daemon.docker("build", "-q", "-t", "files", "-", stdin=_FILES)
    yield shared_daemon
    shared_daemon.remove_containers()
    shared_daemon.docker("rmi", "-f", "files", check=False)


def run(daemon: Daemon, options: str, *command: str, runtime: str = "ns") -> tuple[int, str, str]:
    mount = f"type=image,src=files,dst=/image{options}"
    done = daemon.docker(
        "run", "--rm", "--network=none", f"--runtime={runtime}", "--mount", mount, "busybox", *command, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("runtime", ["ns", "oci"])
def test_an_image_is_shown_read_only(files: Daemon, runtime: str) -> None:
    assert run(files, "", "cat", "/image/subdir/file", runtime=runtime)[:2] == (0, "inside\n")
    status, _, said = run(files, "", "touch", "/image/new", runtime=runtime)
    assert (status, "Read-only file system" in said) == (1, True)


@pytest.mark.parametrize(("subpath", "place"), [("subdir", "/image/file"), ("subdir/file", "/image"), ("hack/good", "/image/file")])
def test_a_part_of_it_is_shown(files: Daemon, subpath: str, place: str) -> None:
    assert run(files, f",image-subpath={subpath}", "cat", place)[:2] == (0, "inside\n")


@pytest.mark.parametrize(
    ("subpath", "said"),
    [
        ("..", "subpath must be a relative path within the volume"),
        ("../../etc/passwd", "subpath must be a relative path within the volume"),
        ("none", "cannot access path"),
        ("hack/root", "path concatenation escapes the base directory"),
        ("hack/bad", "path concatenation escapes the base directory"),
    ],
)
def test_a_part_that_is_not_in_it_is_refused(files: Daemon, subpath: str, said: str) -> None:
    status, _, message = run(files, f",image-subpath={subpath}", "true")
    assert status in (125, 127), message
    assert said in message


def test_an_image_that_is_not_here_is_told(files: Daemon) -> None:
    body = {"Image": "busybox", "HostConfig": {"Mounts": [{"Type": "image", "Source": "absent", "Target": "/x"}]}}
    status, answer = files.request("POST", "/containers/create", body)
    assert (status, json.loads(answer)["message"]) == (404, "No such image: absent:latest")


def test_the_image_is_in_use_as_long_as_the_container_is_there(files: Daemon) -> None:
    mounts = ("--mount", "type=image,src=files,dst=/one,image-subpath=subdir", "--mount", "type=image,src=files,dst=/two")
    container = files.docker("create", "--name", "box", "--network=none", *mounts, "busybox", "cat", "/one/file").stdout.strip()
    shown = json.loads(files.docker("inspect", "box").stdout)[0]["Mounts"]
    assert sorted((mount["Type"], mount["Name"], mount["Destination"], mount["RW"]) for mount in shown) == [
        ("image", "files", "/one", False),
        ("image", "files", "/two", False),
    ]
    refused = files.docker("rmi", "files", check=False)
    assert f"container {container[:12]} is using its referenced image" in refused.stderr
    files.docker("rmi", "-f", "files")
    for _ in range(2):
        assert files.docker("start", "-a", "box").stdout == "inside\n"
    files.docker("rm", "box")
    files.assert_clean()


def test_it_is_there_after_the_daemon_was_killed(files: Daemon) -> None:
    files.docker("run", "-d", "--name", "box", "--mount", "type=image,src=files,dst=/image", "busybox", "top")
    files.kill9()
    files.restart()
    assert files.docker("exec", "box", "cat", "/image/subdir/file").stdout == "inside\n"
    files.docker("restart", "-t", "0", "box")
    assert files.docker("exec", "box", "cat", "/image/subdir/file").stdout == "inside\n"
