"""Images, volumes, networks and the system, as the CLI speaks of them."""

import json
import re

import pytest

from tests.daemon import Daemon

pytestmark = pytest.mark.privileged


def test_version_info_and_ping(shared_daemon: Daemon, docker):
    version = json.loads(docker("version", "--format", "json"))
    assert version["Server"]["ApiVersion"] >= "1.44"
    assert version["Server"]["Os"] == "linux"
    info = json.loads(docker("info", "--format", "json"))
    assert info["Images"] >= 1
    assert info["CgroupVersion"] in ("1", "2")
    assert "Storage Driver" in docker("info")
    assert shared_daemon.request("GET", "/_ping") == (200, b"OK")


def test_pull_says_what_it_does(shared_daemon: Daemon, docker):
    docker("rmi", "-f", "busybox")
    said = docker("pull", "busybox")
    assert "latest: Pulling from library/busybox" in said
    assert re.search(r"^[0-9a-f]{12}: Pull complete$", said, re.M)
    assert re.search(r"^Digest: sha256:[0-9a-f]{64}$", said, re.M)
    assert "Status: Downloaded newer image for busybox:latest" in said
    assert "Status: Image is up to date for busybox:latest" in docker("pull", "busybox")


def test_pull_refuses(fails):
    assert (
        "manifest for 127.0.0.1:5000/library/busybox:none not found: manifest unknown"
        in fails("pull", "127.0.0.1:5000/library/busybox:none")[1]
    )
    assert "127.0.0.1:5000/no/such" in fails("pull", "127.0.0.1:5000/no/such")[1]
    assert "invalid reference format" in fails("pull", "UPPER")[1]


def test_images_tag_inspect_history_rmi(docker, fails):
    identity = docker("images", "-q", "--no-trunc", "busybox")
    docker("tag", "busybox", "own/copy:v1")
    assert docker("images", "-q", "--no-trunc", "own/copy:v1") == identity
    assert set(docker("inspect", "--format", "{{json .RepoTags}}", identity).strip("[]").replace('"', "").split(",")) == {
        "busybox:latest",
        "own/copy:v1",
    }
    assert re.search(r"own/copy\s+v1", docker("images"))
    assert docker("history", "--format", "{{.ID}}", "busybox").splitlines()[0] in identity
    assert docker("images", "--filter", "reference=own/*", "--format", "{{.Tag}}") == "v1"
    assert docker("rmi", "own/copy:v1") == "Untagged: own/copy:v1"
    assert "No such image" in fails("rmi", "own/copy:v1")[1]
    assert "No such image" in fails("inspect", "--type", "image", "nothing")[1]
    name = docker("create", "busybox")
    status, said = fails("rmi", "busybox")
    assert status == 1
    assert "unable to remove repository reference" in said or "conflict" in said
    docker("rm", name)


def test_volumes(docker, fails):
    assert docker("volume", "create", "--label", "k=v", "data") == "data"
    told = json.loads(docker("volume", "inspect", "data"))[0]
    assert told["Driver"] == "local"
    assert told["Labels"] == {"k": "v"}
    docker("run", "--rm", "-v", "data:/d", "busybox", "sh", "-c", "echo x > /d/f")
    holder = docker("create", "-v", "data:/d", "busybox")
    assert f"volume is in use - [{holder}]" in fails("volume", "rm", "data")[1]
    docker("rm", holder)
    assert docker("volume", "ls", "-q", "--filter", "label=k") == "data"
    assert docker("volume", "ls", "-q", "--filter", "dangling=true") == "data"
    anonymous = docker("volume", "create")
    assert anonymous in docker("volume", "prune", "-f")
    assert docker("volume", "ls", "-q") == "data"
    docker("volume", "rm", "data")
    assert "no such volume" in fails("volume", "inspect", "data")[1]


def test_networks(docker, fails):
    assert set(docker("network", "ls", "--format", "{{.Name}}").split()) >= {"bridge", "host", "none"}
    bridge = json.loads(docker("network", "inspect", "bridge"))[0]
    assert bridge["Driver"] == "bridge"
    assert bridge["IPAM"]["Config"][0]["Subnet"]
    docker("run", "-d", "--name", "member", "busybox", "sleep", "60")
    members = json.loads(docker("network", "inspect", "bridge"))[0]["Containers"]
    assert [member["Name"] for member in members.values()] == ["member"]
    assert "not found" in fails("network", "inspect", "nothing")[1]


def test_system_df(docker):
    docker("create", "busybox")
    rows = {row["Type"]: row for row in map(json.loads, docker("system", "df", "--format", "json").splitlines())}
    assert int(rows["Images"]["TotalCount"]) >= 1
    assert rows["Images"]["Size"] != "0B"
    assert rows["Containers"]["TotalCount"] == "1"
    assert "busybox" in docker("system", "df", "-v")


def test_what_is_not_there_says_so(shared_daemon: Daemon):
    status, body = shared_daemon.request("GET", "/swarm")
    assert status == 503
    assert "not a swarm manager" in json.loads(body)["message"]
    status, body = shared_daemon.request("GET", "/nothing/here")
    assert (status, json.loads(body)) == (404, {"message": "page not found"})
