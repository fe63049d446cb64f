"""The door is open: distributions of third parties provide a storage driver and an API, and the configuration chooses them."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.conftest import DaemonFactory
from tests.third_party.conftest import FRONTEND, ROOT, Environment

CHOICE = """
[drivers]
storage = "demo"
frontends = ["docker", "buildkit", "live"]

[plugins.frontend_live]
path = "/now"
"""


def test_nothing_is_the_checkouts(theirs: Environment) -> None:
    code = (
        "import core, sdk, plugins, core_storage_demo, core_frontend_live as one; print(core.__file__, sdk.__file__, one.__file__)"
    )
    done = subprocess.run([theirs.python, "-c", code], env=dict(theirs.variables), cwd=ROOT, capture_output=True, text=True)
    places = done.stdout.split()
    assert len(places) == 3, done.stderr
    assert all(place.startswith(str(theirs.python.parents[1])) for place in places)


def test_they_are_listed_with_their_distributions_and_one_line_chooses_them(theirs: Environment, tmp_path: Path) -> None:
    config = tmp_path / "core.toml"
    config.write_text(CHOICE)
    listed = theirs.run("core", "plugin", "list", "--json", "--config-file", str(config)).stdout
    plugins = {plugin["name"]: plugin for plugin in json.loads(listed)}
    told = {
        name: [plugins[name][key] for key in ("distribution", "version", "api_version", "state", "drivers")]
        for name in ("storage_demo", "frontend_live")
    }
    assert plugins["storage_overlay"]["drivers"] == ["storage:overlay"]
    assert told == {
        "storage_demo": ["core-storage-demo", "0.4.0", "1.0", "ok", ["storage:demo*"]],
        "frontend_live": ["core-frontend-live", "1.2.0", "1.0", "ok", ["frontend:live*"]],
    }


@pytest.mark.privileged
@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["storage_demo"], "a stack of 127 layers can be mounted", marks=pytest.mark.slow),  # make test-third-party
        pytest.param(
            ["storage_demo", "--isolated"],
            "Contract of the storage driver demo, in a process of its own:",
            marks=pytest.mark.slow,
        ),
        (["frontend_live"], "a client that leaves ends its request and no other"),
    ],
)
def test_they_keep_the_contracts_of_their_kinds(theirs: Environment, words: list[str], said: str) -> None:
    done = theirs.run("core", "plugin", "check", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAILED" not in done.stdout
    assert said in done.stdout


def test_the_frontends_own_tests_are_green(theirs: Environment) -> None:
    done = theirs.run("pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "tests/test_events.py", cwd=FRONTEND)
    assert done.returncode == 0, done.stdout[-5000:]


def test_settings_are_checked_by_their_own_model(theirs: Environment, tmp_path: Path) -> None:
    config = tmp_path / "core.toml"
    config.write_text('[plugins.storage_demo]\nxino = "sometimes"\n')
    done = theirs.run("core", "config", "show", "--config-file", str(config))
    assert done.returncode == 1
    assert "plugins.storage_demo: xino: Input should be 'auto', 'on' or 'off'" in done.stderr


@pytest.mark.privileged
def test_a_daemon_runs_containers_on_the_driver_and_tells_the_api_of_them(theirs: Environment, start_daemon: DaemonFactory) -> None:
    with start_daemon(config=CHOICE, python=str(theirs.python), environment=theirs.variables) as daemon:
        assert daemon.docker("info", "--format", "{{.Driver}}").stdout == "demo\n"
        stream = daemon.popen("curl", "-sN", "--unix-socket", str(daemon.socket), "http://localhost/now/events?type=container")
        assert stream.stdout is not None
        assert stream.stdout.readline() == b": from now on\n"
        assert daemon.docker("run", "--name", "one", "busybox", "sh", "-c", "echo kept > /file; cat /file").stdout == "kept\n"
        said = [stream.stdout.readline() for _ in range(4)]
        assert said[1] == b"event: container\n"
        assert json.loads(said[2].removeprefix(b"data: "))["action"] == "create"
        stream.kill()
        stream.communicate()
        assert "A /file" in daemon.docker("diff", "one").stdout
        assert list((daemon.data_root / "plugins" / "storage_demo" / "l").iterdir())
        told = json.loads(daemon.request("GET", "/now")[1])
        assert (told["containers"], told["images"]) == ({"exited": 1}, 1)
        daemon.config_file.write_text(CHOICE + "[isolation.storage_demo]\n")
        daemon.restart()
        assert daemon.docker("start", "-a", "one").stdout == "kept\n"
        assert "A /file" in daemon.docker("diff", "one").stdout
        words = ["--config-file", str(daemon.config_file), "--data-root", str(daemon.data_root)]
        told = theirs.run("core", "plugin", "info", "storage_demo", "--json", *words, CORE_EXEC_ROOT=str(daemon.exec_root))
        used = json.loads(told.stdout)
        assert used["plugin"]["reason"].startswith("isolated: process ")
        assert [use["names"] for use in used["drivers"][0]["used_by"]] == [["one"], ["busybox:latest"]]
