"""Scaling up and down."""

import pytest

from tests.compose.conftest import OpenProject
from tests.compose.project import Project

pytestmark = pytest.mark.privileged


@pytest.fixture
def farm(open_project: OpenProject):
    with open_project("farm") as project:
        project("up", "--detach", "--scale", "worker=5")
        yield project


def numbers(project: Project) -> list[str]:
    return [one["Config"]["Labels"]["com.docker.compose.container-number"] for one in project.containers("worker")]


def test_five_of_a_kind(farm: Project):
    workers = farm.containers("worker")
    assert numbers(farm) == list("12345")
    addresses = {one["NetworkSettings"]["Networks"]["farm_default"]["IPAddress"] for one in workers}
    assert len(addresses) == 5
    for number, worker in enumerate(workers, 1):
        address = worker["NetworkSettings"]["Networks"]["farm_default"]["IPAddress"]
        said = farm("exec", "-T", "gate", "wget", "-q", "-O", "-", f"http://{address}/name")
        assert said.strip() == worker["Id"][:12]
        assert farm("exec", "-T", "--index", str(number), "worker", "hostname").strip() == worker["Id"][:12]


def test_up_and_down(farm: Project):
    before = [one["Id"] for one in farm.containers("worker")]
    farm("up", "--detach", "--scale", "worker=2")
    assert [one["Id"] for one in farm.containers("worker")] == before[:2]
    farm("scale", "worker=3")
    assert numbers(farm) == list("123")
    assert [one["Id"] for one in farm.containers("worker")][:2] == before[:2]


def test_logs_of_all(farm: Project):
    said = farm.logs("worker")
    assert sorted(said) == [f"worker-{number}  | ready" for number in range(1, 6)]


def test_other_projects_are_left_alone(farm: Project, open_project: OpenProject):
    farm("up", "--detach", "--scale", "worker=2")
    other = Project(farm.daemon, farm.compose, farm.directory)
    other.name = "barn"
    other("up", "--detach", "worker")
    assert len(other.containers()) == 1
    assert len(farm.containers("worker")) == 2
    other("down", "--timeout", "1")
    assert other.leftovers() == []
    assert len(farm.containers()) == 3
