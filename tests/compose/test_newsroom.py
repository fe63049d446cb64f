"""A web application in Python with PostgreSQL and Redis behind nginx, in images made of Debian packages: `make test-compose`."""

import json
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.asking import eventually
from tests.client_plugins import BUILDX, link
from tests.compose.clients import Compose
from tests.compose.conftest import opened
from tests.compose.debian_daemon import open_debian_daemon
from tests.compose.project import Project, heard, lines_of
from tests.daemon import Daemon

pytestmark = [pytest.mark.privileged, pytest.mark.slow]

_ORDER = ("database", "seed", "web", "proxy")


@pytest.fixture(scope="module")
def module_daemon(tmpfs: Path) -> Iterator[Daemon]:
    """A daemon whose mirror offers the Debian images."""
    with open_debian_daemon(tmpfs, "test-compose") as running:
        yield running


@pytest.fixture(scope="module")
def newsroom(module_daemon: Daemon, compose: Compose, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The project, up and healthy; each test leaves it so."""
    link(module_daemon.directory / "client", BUILDX)
    with opened(module_daemon, compose, tmp_path_factory.mktemp("compose") / "newsroom") as project:
        project.environment["NEWSROOM_TOKEN"] = "t0k3n"
        project("build", "--quiet", timeout=100)
        up(project)
        yield project


def up(project: Project, *words: str) -> None:
    project("up", "--detach", "--wait", "--wait-timeout", "100", *words, timeout=110)


def ask(project: Project, path: str, post: str = "") -> object:
    """Ask nginx from outside."""
    posted = ("--post-data", post) if post else ()
    return json.loads(project.daemon.run("busybox", "wget", "-q", "-O", "-", *posted, f"http://127.0.0.1:8080/{path}").stdout)


def moment(container: dict, key: str) -> datetime:
    return datetime.fromisoformat(container["State"][key])


def test_it_starts_in_the_order_of_health(newsroom: Project):
    database, seed, web, proxy = (newsroom.container(name) for name in _ORDER)
    assert {one["State"]["Health"]["Status"] for one in (database, web, proxy, newsroom.container("cache"))} == {"healthy"}
    assert (seed["State"]["Status"], seed["State"]["ExitCode"]) == ("exited", 0)
    first_healthy = next(probe for probe in database["State"]["Health"]["Log"] if probe["ExitCode"] == 0)
    assert moment(database, "StartedAt") < moment(seed, "StartedAt") <= moment(seed, "FinishedAt") < moment(web, "StartedAt")
    assert moment(web, "StartedAt") < moment(proxy, "StartedAt")
    assert datetime.fromisoformat(first_healthy["Start"]) > moment(database, "StartedAt")
    assert newsroom.logs("seed") == ["seed-1  | seeded"]
    assert "archive" not in newsroom("ps", "--services", "--all").split()


def test_all_parts_work_together(newsroom: Project):
    assert "first" in ask(newsroom, "articles")
    title = f"written {time.time()}"
    assert ask(newsroom, "articles", post=title) == title
    assert title in ask(newsroom, "articles")
    before = ask(newsroom, "front")
    assert ask(newsroom, "front") == {"page": "today", "readers": before["readers"] + 1}
    assert newsroom("port", "proxy", "80") == "0.0.0.0:8080\n"


def test_networks_keep_apart_what_need_not_meet(newsroom: Project):
    assert set(newsroom.container("web")["NetworkSettings"]["Networks"]) == {"newsroom_front", "newsroom_back"}
    impatient = ("--env", "RES_OPTIONS=timeout:1 attempts:1")
    assert newsroom.run("exec", "-T", *impatient, "proxy", "getent", "hosts", "database", check=False).returncode == 2
    assert newsroom("exec", "-T", "web", "getent", "hosts", "counters").split()[0] in str(newsroom.container("cache"))
    assert newsroom.daemon.json("/networks/newsroom_back")["Internal"] is True


def test_secrets_and_configs_reach_their_processes(newsroom: Project):
    assert newsroom("exec", "-T", "web", "cat", "/run/secrets/token") == "t0k3n"
    assert newsroom("exec", "-T", "web", "stat", "-c", "%u %a", "/run/secrets/token") == "33 400\n"
    assert newsroom("exec", "-T", "database", "cat", "/run/secrets/database-password") == "a long password\n"
    wrong = newsroom.run(
        "exec", "-T", "--env", "PGPASSWORD=wrong", "database", "psql", "-h", "database", "-U", "editor", "news", check=False
    )
    assert "password authentication failed" in wrong.stderr
    assert newsroom("exec", "-T", "cache", "redis-cli", "config", "get", "appendonly").split() == ["appendonly", "yes"]


def test_scale_to_five(newsroom: Project):
    up(newsroom, "--no-recreate", "--scale", "web=5")
    names = {one["Config"]["Hostname"] for one in newsroom.containers("web")}
    assert len(names) == 5
    asked = set()

    def all_asked() -> bool:
        asked.add(ask(newsroom, "who"))
        return asked == names

    eventually(all_asked)
    up(newsroom, "--no-recreate", "--scale", "web=1")
    assert len(newsroom.containers("web")) == 1
    eventually(lambda: newsroom.container("web")["Config"]["Hostname"] == ask(newsroom, "who"))


def test_logs_are_followed(newsroom: Project):
    with newsroom.running("logs", "--follow", "--no-color", "--tail", "0", "web") as following:
        lines = lines_of(following)
        heard(lines, lambda: ask(newsroom, "articles", post=f"probed {time.time()}"))
        title = f"followed {time.time()}"
        ask(newsroom, "articles", post=title)
        assert any(line.endswith(f"| article: {title}") for line in lines)


def test_exec_run_and_cp(newsroom: Project, tmp_path: Path):
    counted = newsroom("exec", "-T", "database", "psql", "-AtU", "editor", "news", stdin="SELECT count(*) FROM articles;")
    assert int(counted) == len(ask(newsroom, "articles"))
    assert newsroom("exec", "-T", "--user", "redis", "cache", "id", "-un") == "redis\n"
    assert newsroom("run", "--rm", "--no-deps", "-T", "seed", "python3", "-c", "print(6 * 7)") == "42\n"
    assert newsroom("run", "--rm", "-T", "seed") == "seeded\n"
    newsroom("cp", "proxy:/etc/nginx/nginx.conf", str(tmp_path / "nginx.conf"))
    assert "conf.d" in (tmp_path / "nginx.conf").read_text()
    (tmp_path / "front.txt").write_text("copied\n")
    newsroom("cp", str(tmp_path / "front.txt"), "web:/srv/pages/front.txt")
    assert ask(newsroom, "front")["page"] == "copied"
    (tmp_path / "front.txt").write_text("today\n")
    newsroom("cp", str(tmp_path / "front.txt"), "web:/srv/pages/front.txt")


def test_top_ps_stats(newsroom: Project):
    assert "postgres: checkpointer" in newsroom("top", "database")
    assert "nginx: worker process" in newsroom("top", "proxy")
    listed = {one["Service"]: one for one in map(json.loads, newsroom("ps", "--format", "json").splitlines())}
    assert set(listed) == {"cache", "database", "proxy", "web"}
    assert {one["Health"] for one in listed.values()} == {"healthy"}
    assert "newsroom-database-1" in newsroom("stats", "--no-stream")
    assert {one["Repository"] for one in json.loads(newsroom("images", "--format", "json"))} >= {"postgres", "newsroom-web"}


def test_profiles(newsroom: Project):
    newsroom("run", "--rm", "-T", "archive")
    dump = newsroom("run", "--rm", "-T", "--no-deps", "archive", "cat /archive/news.sql")
    assert "COPY public.articles" in dump


def test_pause(newsroom: Project):
    newsroom("pause", "web")
    stuck = newsroom.daemon.run("busybox", "wget", "-T", "1", "-q", "-O", "-", "http://127.0.0.1:8080/front", check=False)
    assert stuck.returncode != 0
    newsroom("unpause", "web")
    eventually(lambda: newsroom.container("web")["State"]["Health"]["Status"] == "healthy")
    assert ask(newsroom, "front")["page"] == "today"


def test_events_of_a_restart(newsroom: Project):
    readers = ask(newsroom, "front")["readers"]
    with newsroom.running("events", "--json", "cache") as watching:
        lines = lines_of(watching)
        heard(lines, lambda: newsroom("exec", "-T", "cache", "true"))
        newsroom("restart", "cache")
        actions = (one["action"] for one in map(json.loads, lines) if not one["action"].startswith(("exec", "health")))
        assert [next(actions) for _ in range(4)] == ["kill", "die", "stop", "start"]
    up(newsroom, "--no-recreate")
    assert ask(newsroom, "front")["readers"] == readers + 1


def test_a_restart_of_what_others_depend_on_restarts_them(newsroom: Project):
    before = {name: newsroom.container(name)["State"]["StartedAt"] for name in _ORDER}
    newsroom("restart", "database")
    up(newsroom, "--no-recreate")
    after = {name: newsroom.container(name)["State"]["StartedAt"] for name in _ORDER}
    assert {name for name in before if before[name] != after[name]} == {"database", "web", "seed"}
    assert "first" in ask(newsroom, "articles")


def test_watch(newsroom: Project):
    page = newsroom.directory / "web/pages/front.txt"
    with newsroom.running("watch", "--no-up") as watching:
        assert any("atch" in line for line in lines_of(watching))
        page.write_text("tomorrow\n")
        eventually(lambda: ask(newsroom, "front")["page"] == "tomorrow")
        page.write_text("today\n")
        eventually(lambda: ask(newsroom, "front")["page"] == "today")


def test_it_outlives_the_daemon(newsroom: Project):
    before = {one["Name"]: one["State"]["Pid"] for one in newsroom.containers()}
    newsroom.daemon.kill9()
    newsroom.daemon.start()
    assert "first" in ask(newsroom, "articles")
    assert {one["Name"]: one["State"]["Pid"] for one in newsroom.containers()} == before
    up(newsroom, "--no-recreate")


def test_down_and_up_again_keeps_what_was_written(newsroom: Project):
    articles = ask(newsroom, "articles")
    newsroom("down", "--timeout", "5")
    assert set(newsroom.leftovers()) >= {"newsroom_articles", "newsroom_readers"}
    up(newsroom)
    assert ask(newsroom, "articles") == articles
    newsroom("--profile", "tools", "down", "--timeout", "5", "--volumes")
    assert newsroom.leftovers() == []
    up(newsroom)
    assert ask(newsroom, "articles") == ["first"]
