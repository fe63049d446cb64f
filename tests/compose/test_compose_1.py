"""Compose 1.29, the client in Python that Debian 12 ships, with the simple projects."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.clients import Compose
from tests.compose.conftest import opened
from tests.compose.project import Project
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged


@pytest.fixture
def shop(shared_daemon: Daemon, compose_1: Compose, tmp_path: Path) -> Iterator[Project]:
    with opened(shared_daemon, compose_1, tmp_path / "shop") as project:
        (project.directory / "compose.yaml").rename(project.directory / "docker-compose.yml")
        project("up", "--detach")
        yield project


def test_up_scale_recreate_run(shop: Project):
    database, migration, web = (shop.container(name) for name in ("db", "migration", "web"))
    assert database["State"]["Health"]["Status"] == "healthy"
    assert migration["State"]["FinishedAt"] < web["State"]["StartedAt"]
    assert [one["Name"] for one in shop.containers()] == ["/shop_db_1", "/shop_migration_1", "/shop_web_1"]
    assert shop("exec", "-T", "web", "cat", "/www/schema") == "tables\n"
    assert shop("run", "--rm", "--no-deps", "db", "ls", "/var/lib/shop") == "schema\n"
    shop("up", "--detach", "--no-deps", "--scale", "db=5", "db")
    assert len(shop.containers("db")) == 5
    shop("pause", "db")
    shop("unpause", "db")
    shop.environment["COLOUR"] = "blue"
    shop("up", "--detach", "--no-deps", "web")
    assert "COLOUR=blue" in shop.container("web")["Config"]["Env"]
    assert shop("port", "web", "80") == "0.0.0.0:8080\n"
    assert "httpd" in shop("top", "web")
