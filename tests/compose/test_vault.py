"""Secrets and configs of containers that belong to no swarm."""

import pytest

from tests.compose.conftest import OpenProject
from tests.compose.project import Project

pytestmark = pytest.mark.privileged


@pytest.fixture
def vault(open_project: OpenProject):
    with open_project("vault") as project:
        project.environment["TOKEN"] = "t0k3n"
        project("up", "--detach")
        yield project
        project.environment["TOKEN"] = "any"


def in_reader(project: Project, *words: str) -> str:
    return project("exec", "-T", "reader", *words)


def test_all_of_them_can_be_read(vault: Project):
    paths = ("/run/secrets/password", "/run/secrets/api/token", "/etc/greeting", "/etc/settings.conf")
    assert in_reader(vault, "cat", *paths) == "correct horse\nt0k3nhello t0k3n\nlisten = 80\n"


def test_what_comes_from_a_file_is_mounted_read_only(vault: Project):
    mounts = {mount["Destination"]: mount for mount in vault.container("reader")["Mounts"]}
    assert set(mounts) == {"/run/secrets/password", "/etc/settings.conf"}
    assert mounts["/run/secrets/password"]["Source"] == str(vault.directory / "password.txt")
    assert {mount["RW"] for mount in mounts.values()} == {False}
    assert in_reader(vault, "stat", "-c", "%a %F", "/run/secrets/password") == "644 regular file\n"
    refused = vault.run("exec", "-T", "reader", "sh", "-c", "echo x > /run/secrets/password", check=False)
    assert "Read-only file system" in refused.stderr


def test_what_comes_from_the_environment_has_its_owner_and_mode(vault: Project):
    assert in_reader(vault, "stat", "-c", "%u:%g %a", "/run/secrets/api/token") == "33:34 440\n"
    assert in_reader(vault, "stat", "-c", "%u:%g %a", "/etc/greeting") == "0:0 444\n"


def test_a_new_value_reaches_a_new_container(vault: Project):
    vault.environment["TOKEN"] = "other"
    vault("up", "--detach", "--force-recreate")
    assert in_reader(vault, "cat", "/run/secrets/api/token", "/etc/greeting") == "otherhello other\n"


def test_they_outlive_a_restart(vault: Project):
    vault("restart", "--timeout", "1")
    assert in_reader(vault, "cat", "/run/secrets/api/token", "/run/secrets/password") == "t0k3ncorrect horse\n"


def test_a_secret_that_is_not_there_is_refused(open_project: OpenProject):
    with open_project("vault") as project:
        done = project.run("up", "--detach", check=False)
        assert done.returncode != 0
        assert 'environment variable "TOKEN" required by' in done.stderr
        project.environment["TOKEN"] = "any"
