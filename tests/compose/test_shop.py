"""A start order gated by health, networks of two kinds, and changes that touch only what they change."""

from datetime import datetime, timedelta

import pytest

from tests.compose.conftest import OpenProject
from tests.compose.project import Project

pytestmark = pytest.mark.privileged


@pytest.fixture
def shop(open_project: OpenProject):
    with open_project("shop") as project:
        project("up", "--detach", "--wait", "--wait-timeout", "30")
        yield project


def moment(timestamp: str) -> datetime:
    return datetime.fromisoformat(timestamp)


def fetch(project: Project, path: str) -> str:
    return project.daemon.run("busybox", "wget", "-q", "-O", "-", f"http://127.0.0.1:8080/{path}").stdout


def test_services_start_when_those_they_depend_on_are_ready(shop: Project):
    database, migration, web = (shop.container(name) for name in ("db", "migration", "web"))
    assert database["State"]["Health"]["Status"] == web["State"]["Health"]["Status"] == "healthy"
    assert (migration["State"]["Status"], migration["State"]["ExitCode"]) == ("exited", 0)
    assert moment(migration["State"]["StartedAt"]) - moment(database["State"]["StartedAt"]) > timedelta(seconds=0.5)
    assert migration["State"]["FinishedAt"] < web["State"]["StartedAt"]
    assert fetch(shop, "schema") == "tables\n"
    assert shop("port", "web", "80") == "0.0.0.0:8080\n"


def test_only_the_front_leads_outside(shop: Project):
    assert set(shop.container("web")["NetworkSettings"]["Networks"]) == {"shop_front", "shop_back"}
    assert shop.daemon.json("/networks/shop_back")["Internal"] is True
    assert "default" in shop("exec", "-T", "web", "ip", "route")
    assert "default" not in shop("exec", "-T", "db", "ip", "route")


def test_a_change_makes_only_its_service_anew(shop: Project):
    before = {one["Name"]: one["Id"] for one in shop.containers()}
    (cache,) = (mount["Name"] for mount in shop.container("web")["Mounts"] if mount["Destination"] == "/cache")
    shop("exec", "-T", "web", "touch", "/cache/kept")
    shop.environment["COLOUR"] = "blue"
    shop("up", "--detach", "--wait", "--no-deps", "web")
    after = {one["Name"]: one["Id"] for one in shop.containers()}
    assert {name for name in after if before.get(name) != after[name]} == {"/shop-web-1"}
    assert "COLOUR=blue" in shop.container("web")["Config"]["Env"]
    assert cache in [mount.get("Name") for mount in shop.container("web")["Mounts"]]
    assert shop("exec", "-T", "web", "ls", "/cache") == "kept\n"
    assert fetch(shop, "schema") == "tables\n"
    shop("up", "--detach", "--wait", "--no-deps", "web")
    assert {one["Name"]: one["Id"] for one in shop.containers()} == after


def test_it_outlives_the_daemon(shop: Project):
    before = {one["Name"]: one["State"]["Pid"] for one in shop.containers()}
    shop.daemon.kill9()
    assert fetch(shop, "schema") == "tables\n"
    shop.daemon.start()
    assert {one["Name"]: one["State"]["Pid"] for one in shop.containers()} == before
    shop("up", "--detach", "--wait", "--wait-timeout", "30")
    assert fetch(shop, "schema") == "tables\n"


def test_down_keeps_named_volumes_unless_told(shop: Project):
    shop("down", "--timeout", "1")
    assert shop.leftovers() == ["shop_data"]
    assert shop.daemon.json("/volumes/shop_data")["Labels"]["of"] == "shop"
    shop("up", "--detach", "--wait", "db")
    assert shop("exec", "-T", "db", "cat", "/var/lib/shop/schema") == "tables\n"


def test_a_dependency_that_fails_stops_the_start(open_project: OpenProject):
    with open_project("shop") as project:
        override = project.directory / "compose.override.yaml"
        override.write_text('services: {migration: {command: ["sh", "-c", "exit 4"]}}\n')
        done = project.run("up", "--detach", check=False)
        assert done.returncode == 1
        assert 'service "migration" didn\'t complete successfully: exit 4' in done.stderr
        assert project.container("web")["State"]["Status"] == "created"
