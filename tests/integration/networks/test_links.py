"""Legacy links of the default bridge are removed by their name: `docker rm --link web/store`."""

import json

import pytest

from tests.daemon import Daemon

pytestmark = pytest.mark.privileged


def test_a_link_is_removed_by_its_name_and_both_containers_stay(shared_daemon: Daemon):
    docker = shared_daemon.docker
    docker("run", "--detach", "--name", "db", "busybox", "sleep", "600")
    docker("run", "--detach", "--name", "web", "--link", "db:store", "--link", "db:spare", "busybox", "sleep", "600")
    assert "store" in docker("exec", "web", "cat", "/etc/hosts").stdout

    docker("rm", "--link", "web/store")

    hosts = docker("exec", "web", "cat", "/etc/hosts").stdout
    assert "store" not in hosts
    assert "spare" in hosts
    assert json.loads(docker("inspect", "--format", "{{json .HostConfig.Links}}", "web").stdout) == ["db:spare"]
    assert docker("ps", "--quiet").stdout.count("\n") == 2


def test_a_link_that_is_none_is_refused(shared_daemon: Daemon):
    shared_daemon.docker("create", "--name", "web", "busybox")
    missing = shared_daemon.request("DELETE", "/containers/web/store?link=1")
    assert missing == (404, b'{"message":"No such container: web/store"}\n')
    status, body = shared_daemon.request("DELETE", "/containers/web?link=1")
    assert (status, json.loads(body)["message"]) == (409, "Conflict, cannot remove the default link name of the container")
