"""Each guide that tells how to write a driver is followed: its plugin is installed in a directory, and keeps the contract of its kind."""

import dataclasses
import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import structs

from core.config import load_settings
from core.kernel.plugins import find_plugins
from sdk.engine.builds import BuildRequest
from sdk.providers import Kind
from sdk.testing.build_host import PaperBuildHost
from tests.conftest import DaemonFactory
from tests.docs.pages import settings
from tests.docs.projects import GUIDES, Project, write_project

DEAR = ("a_stack_of_127_layers", "cut_short", "survive", "without_a_daemon", "discard_kills", "an_adopted_container")
"""Cases of seconds each, which copy a tree 127 times, or start daemons to kill them: the bundled drivers are tried by them."""


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> dict[Kind, Project]:
    target = tmp_path_factory.mktemp("guides")
    return {kind: write_project(page, target / kind) for kind, page in GUIDES.items()}


@pytest.fixture(scope="module")
def environment(projects: dict[Kind, Project]) -> dict[str, str]:
    """One in which all of them are installed."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    return {**kept, "PYTHONPATH": ":".join(str(project.root) for project in projects.values())}


def test_each_kind_has_a_guide() -> None:
    """An observer's is tests/docs/test_how_to.py's: its scaffold works as it is."""
    assert {*GUIDES, Kind.OBSERVER} == set(Kind)


def test_each_driver_has_a_hundred_lines_at_most(projects: dict[Kind, Project]) -> None:
    assert {kind: project.driver_lines for kind, project in projects.items() if project.driver_lines > 100} == {}


@pytest.mark.parametrize("kind", GUIDES)
def test_it_is_a_plugin_and_what_the_guide_says_to_configure_is_valid(
    kind: Kind, projects: dict[Kind, Project], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(projects[kind].root)
    for text in ("", *settings(GUIDES[kind])):
        (tmp_path / "core.toml").write_text(text)
        loaded = load_settings({}, tmp_path / "core.toml")
        found = {status.name: status for status in find_plugins(loaded).health.statuses()}[projects[kind].plugin]
        assert (found.state, found.reason) == ("ok", "")
        assert {"docker", "buildkit"} <= set(loaded.drivers.frontends), "a guide must not take a frontend away"


@pytest.mark.privileged
def test_each_driver_keeps_its_contract(projects: dict[Kind, Project], environment: dict[str, str], tmp_path: Path) -> None:
    """All of them in one process: starting it is what takes time."""
    tests = [str(project.root / "tests") for project in projects.values()]
    words = [
        "-q",
        "-k",
        f"not ({' or '.join(DEAR)})",
        "--import-mode=importlib",
        "-p",
        "sdk.testing.plugin",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:core_sdk",
        "-p",
        "no:xdist",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, *tests], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr


CHOICE = """
[drivers]
storage = "copies"
log = "udp"
frontends = ["docker", "buildkit", "status"]
builder = "lines"

[plugins.log_udp]
port = 5140

[plugins.registry_folder]
hosts = ["folder.local"]
"""


@pytest.mark.privileged
def test_a_daemon_works_with_them(environment: dict[str, str], start_daemon: DaemonFactory, tmp_path: Path) -> None:
    """With those that run containers, all at once; a daemon that is killed finds what it had."""
    with start_daemon(config=CHOICE, environment=environment) as daemon:
        assert daemon.docker("info", "--format", "{{.Driver}} {{.LoggingDriver}}").stdout == "copies udp\n"
        daemon.docker("network", "create", "--driver", "routed", "lan")
        daemon.docker("volume", "create", "--driver", "shared", "data")
        serve = "echo up; echo kept > /d/index.html; exec httpd -f -h /d"
        daemon.docker("run", "-d", "--name", "web", "--network", "lan", "-v", "data:/d", "busybox", "sh", "-c", serve)
        ask = ("run", "--rm", "--network", "lan", "busybox", "wget", "-qO-", "http://web/")
        assert daemon.docker(*ask).stdout == "kept\n"
        daemon.kill9()
        daemon.start()
        assert daemon.docker(*ask).stdout == "kept\n"
        assert daemon.docker("logs", "web").stdout == "up\n"
        assert daemon.docker("run", "--rm", "--runtime", "audited", "busybox", "echo", "ok").stdout == "ok\n"
        (told,) = json.loads(daemon.run("curl", "-s", "--unix-socket", str(daemon.socket), "http://localhost/status").stdout)
        assert (told["name"], told["state"]) == ("web", "running")
        (tmp_path / "steps").write_text("base busybox\necho built > /file\n")
        classic = {"DOCKER_BUILDKIT": "0"}
        daemon.docker("build", "-q", "-f", str(tmp_path / "steps"), "-t", "folder.local/app", str(tmp_path), environment=classic)
        daemon.docker("push", "-q", "folder.local/app")
        daemon.docker("rmi", "folder.local/app")
        assert daemon.docker("run", "--rm", "folder.local/app", "cat", "/file").stdout == "built\n"
        daemon.docker("rm", "-f", "web")
        daemon.docker("network", "rm", "lan")


READ_ONLY = """
import sys
import anyio
from pathlib import Path
from core_volume_shared.driver import SharedVolumeDriver


async def main():
    driver = SharedVolumeDriver(Path(sys.argv[1]))
    try:
        await driver.remove("data")
    except OSError as error:
        print(error.strerror, [volume.name for volume in await driver.list()])


anyio.run(main)
"""


@pytest.mark.privileged
def test_a_volume_that_cannot_be_removed_is_not_forgotten(environment: dict[str, str], tmp_path: Path) -> None:
    """Its file server is read-only: in a mount namespace of the test's own."""
    kept = tmp_path / "data/_data/kept"
    kept.parent.mkdir(parents=True)
    kept.write_text("x")
    script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && exec "$2" -c "$3" "$1"'
    words = ["unshare", "--mount", "sh", "-ec", script, "sh", str(tmp_path), sys.executable, READ_ONLY]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "Read-only file system ['data']\n"
    assert kept.read_text() == "x"


@pytest.mark.anyio
async def test_a_list_passes_over_what_another_machine_removes(
    projects: dict[Kind, Project], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(projects[Kind.VOLUME].root)
    driver = importlib.import_module("core_volume_shared.driver").SharedVolumeDriver(tmp_path)
    for name in ("goes", "stays"):
        await driver.create(name, {})

    class Seen(type(tmp_path)):
        """A directory whose volumes another machine removes as soon as they were seen."""

        def glob(self, pattern: str) -> list[Path]:
            found = list(super().glob(pattern))
            shutil.rmtree(tmp_path / "goes")
            return found

    monkeypatch.setattr(driver, "_root", Seen(tmp_path))
    assert [volume.name for volume in await driver.list()] == ["stays"]


@pytest.mark.anyio
async def test_the_cache_of_a_builder_knows_the_environment(
    projects: dict[Kind, Project], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(projects[Kind.BUILDER].root)
    builder, host = importlib.import_module("core_builder_lines.driver").LinesBuilder(), PaperBuildHost(tmp_path)
    base = host.add_image("base", {"file": "x"})
    for env in ((), ("A=1",)):
        config = structs.replace(base.config, config=structs.replace(base.config.config, env=env))
        host.images["base"] = dataclasses.replace(base, config=config)
        for _ in range(2):
            async for _event in builder.build(BuildRequest(dockerfile_text="base base\nwrite file text\n"), host):
                pass
    assert len(host.cache.steps) == 2
