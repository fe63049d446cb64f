"""Projects of tests/compose/projects on a real daemon, brought up by Debian's Compose."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.client_plugins import COMPOSE, link, require
from tests.compose.clients import Compose, find_v1
from tests.compose.project import Project
from tests.daemon import Daemon

PROJECTS = Path(__file__).parent / "projects"

OpenProject = Callable[[str], AbstractContextManager[Project]]


@pytest.fixture(scope="module")
def compose(module_daemon: Daemon) -> Compose:
    """`docker compose`: the plugin lies where the CLI of this daemon looks for it."""
    require(COMPOSE)
    link(module_daemon.directory / "client", COMPOSE)
    return Compose(("docker", "compose"))


@pytest.fixture(scope="module")
def compose_1() -> Compose:
    """Compose 1.29, the one in Python."""
    found = find_v1()
    if found is None:
        pytest.skip("there is no Compose 1.29 here; `make test` fetches it on Debian 12")
    return found


@pytest.fixture
def open_project(shared_daemon: Daemon, compose: Compose, tmp_path: Path) -> OpenProject:
    """A function that opens a copy of a project."""
    return lambda name: opened(shared_daemon, compose, tmp_path / name)


@contextmanager
def opened(daemon: Daemon, compose: Compose, directory: Path) -> Iterator[Project]:
    """Copy the project of a directory's name there, and at the end take it down: nothing of it may be left."""
    shutil.copytree(PROJECTS / directory.name, directory)
    directory.parent.chmod(0o755)
    project = Project(daemon, compose, directory)
    try:
        yield project
    finally:
        project.environment["COMPOSE_PROFILES"] = "*"
        project("down", "--volumes", "--remove-orphans", "--timeout", "1")
    assert project.leftovers() == []
