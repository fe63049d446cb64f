"""The commands a person uses while developing, each on a running service."""

import json

import pytest

from tests.compose.conftest import OpenProject
from tests.compose.project import Project, heard, lines_of

pytestmark = pytest.mark.privileged


@pytest.fixture
def workshop(open_project: OpenProject):
    with open_project("workshop") as project:
        project("up", "--detach")
        yield project


def test_profiles_and_one_off_containers(workshop: Project):
    assert [one["Name"] for one in workshop.containers()] == ["/workshop-clock-1"]
    assert workshop("run", "--rm", "tool") == "tooled\n"
    source = workshop.directory / "src"
    assert workshop("run", "--rm", "--no-deps", "--volume", f"{source}:/more", "tool", "cat /more/file") == "from the host\n"
    as_somebody = ("run", "--rm", "--no-TTY", "--env", "WHO=me", "--user", "33", "tool", "cat; echo $WHO; id -u")
    assert workshop(*as_somebody, stdin="typed\n") == "typed\nme\n33\n"
    assert workshop.run("run", "--rm", "tool", "exit 7", check=False).returncode == 7
    assert [one["Name"] for one in workshop.containers()] == ["/workshop-clock-1"]
    workshop("--profile", "tools", "up", "--detach")
    assert [one["Name"] for one in workshop.containers()] == ["/workshop-clock-1", "/workshop-tool-1"]
    assert workshop("ps", "--services", "--all").split() == ["clock", "tool"]


def test_exec(workshop: Project):
    assert workshop("exec", "-T", "clock", "sh", "-c", "pwd; echo $GREETING; cat /src/file") == "/srv\nhello\nfrom the host\n"
    assert workshop("exec", "-T", "--workdir", "/tmp", "--env", "A=b", "clock", "sh", "-c", "pwd; echo $A") == "/tmp\nb\n"
    assert workshop("exec", "-T", "clock", "cat", stdin="through\n") == "through\n"
    assert workshop.run("exec", "-T", "clock", "sh", "-c", "exit 5", check=False).returncode == 5


def test_logs_are_followed_to_the_end(workshop: Project):
    assert workshop.logs("clock")[0] == "clock-1  | tick 1"
    with workshop.running("logs", "--follow", "--no-color", "--tail", "1") as following:
        lines = lines_of(following)
        seen = [next(lines) for _ in range(5)]
        first = int(seen[0].split()[-1])
        assert seen == [f"clock-1  | tick {number}" for number in range(first, first + 5)]
        workshop("stop", "clock")
        assert "clock-1  | stopping" in list(lines)


def test_cp(workshop: Project):
    (workshop.directory / "in").mkdir()
    (workshop.directory / "in/file").write_text("carried")
    workshop("cp", "in", "clock:/tmp/there")
    assert workshop("exec", "-T", "clock", "cat", "/tmp/there/file") == "carried"
    workshop("cp", "clock:/tmp/there/file", "out")
    assert (workshop.directory / "out").read_text() == "carried"


def test_top_ps_images_stats(workshop: Project):
    assert "echo tick" in workshop("top", "clock")
    (listed,) = map(json.loads, workshop("ps", "--format", "json").splitlines())
    assert (listed["Service"], listed["State"], listed["ExitCode"]) == ("clock", "running", 0)
    (image,) = json.loads(workshop("images", "--format", "json"))
    assert (image["ContainerName"], image["Repository"], image["Tag"]) == ("workshop-clock-1", "busybox", "latest")
    assert "workshop-clock-1" in workshop("stats", "--no-stream")
    (listed,) = json.loads(workshop("ls", "--format", "json"))
    assert (listed["Name"], listed["Status"]) == ("workshop", "running(1)")


def test_events(workshop: Project):
    with workshop.running("events", "--json") as watching:
        lines = lines_of(watching)
        heard(lines, lambda: workshop("exec", "-T", "clock", "true"))
        workshop("restart", "--timeout", "1", "clock")
        actions = (one["action"] for one in map(json.loads, lines) if not one["action"].startswith("exec"))
        assert [next(actions) for _ in range(4)] == ["kill", "die", "stop", "start"]


def test_pause_restart_kill_rm_create_start(workshop: Project):
    def state() -> str:
        return workshop.container("clock")["State"]["Status"]

    workshop("pause", "clock")
    assert state() == "paused"
    workshop("unpause", "clock")
    before = workshop.container("clock")["State"]["Pid"]
    workshop("restart", "--timeout", "1", "clock")
    assert (state(), workshop.container("clock")["State"]["Pid"] != before) == ("running", True)
    workshop("kill", "--signal", "KILL", "clock")
    assert (state(), workshop.container("clock")["State"]["ExitCode"]) == ("exited", 137)
    workshop("rm", "--force", "clock")
    assert workshop.containers() == []
    workshop("create")
    assert state() == "created"
    workshop("start")
    assert state() == "running"
    workshop("stop")
    assert (state(), workshop.container("clock")["State"]["ExitCode"]) == ("exited", 0)
    workshop("pull", "--quiet")
    workshop("up", "--detach", "--force-recreate")
    assert state() == "running"


def test_up_in_the_foreground_ends_with_a_service(workshop: Project):
    (workshop.directory / "compose.override.yaml").write_text(
        'services: {test: {image: busybox, command: ["sh", "-c", "sleep 0.5; echo tested; exit 3"]}}\n'
    )
    done = workshop.run("up", "--abort-on-container-exit", "--exit-code-from", "test", "--timeout", "1", check=False)
    assert done.returncode == 3
    assert "tested" in done.stdout
    assert "tick" in done.stdout
    assert {one["State"]["Status"] for one in workshop.containers()} == {"exited"}


def test_wait_and_attach(workshop: Project):
    with workshop.running("wait", "clock") as waiting, workshop.running("attach", "--no-stdin", "clock") as attached:
        assert "tick" in next(lines_of(attached))
        workshop("stop", "clock")
        assert waiting.wait(30) == 0
        assert attached.wait(30) == 0
