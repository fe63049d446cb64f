"""Every guide's settings are valid, and every guide's commands are run, as they stand on the page, or are named here with the reason."""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from core.config import load_settings
from core.kernel.plugins import find_plugins
from plugins.authz_rules.policy import read_policy
from sdk.oci.digest import digest_of
from sdk.providers import Kind
from sdk.scaffold import render
from tests.busybox import busybox, push
from tests.client_plugins import BUILDX, COMPOSE, find_plugin, link, require
from tests.conftest import REGISTRY, DaemonFactory
from tests.daemon import Daemon
from tests.docs.pages import HOW_TO, PAGES, blocks, commands, settings, substituted
from tests.docs.projects import AUTHORS_PAGES
from tests.macvlan import require_macvlan

NOT_RUN = {
    "authorize-requests": {
        "docker run alpine": "a user that is not root; tests/integration/test_authorization.py",
        "systemctl": "no service manager; the same test reloads",
    },
    "install": {"core reset": "tests/integration/test_reset.py", "systemctl": "no service manager"},
    "ship-a-plugin": {"core plugin": "tests/docs/test_author_guides.py installs plugins"},
    "write-an-observer": {"core plugin": "its test writes the project without installing it"},
    "back-up-volumes": {"core volume export data | ssh": "a second machine"},
    "build-images": {
        "docker buildx build -t app:1 --secret": "an SSH agent of the user's; tests/build/test_mounts.py forwards one",
        "docker compose build": "tests/compose builds",
        "docker build --build-arg BUILDKIT_INLINE_CACHE=1 -t registry.example.org": "pushes to a registry that is not here",
        "docker build --cache-from registry.example.org": "the same; tests/build/test_caches.py does both",
        "docker buildx build --build-arg SOURCE_DATE_EPOCH": "the context is no repository; tests/build/test_exporters.py clamps times",
    },
    "damaged-store": {"systemctl": "the test stops and starts its daemon itself"},
    "dockerd": {
        "core install-dockerd": "tests/integration/test_dockerd.py",
    },
    "from-docker": {"": "needs a dockerd; tests/integration/test_migrate.py has its data root"},
    "gpus": {"docker": "devices that only some machines have; tests/integration/containers/test_cdi.py makes some up"},
    "offline": {
        "skopeo copy docker://docker.io": "the network",
        "docker pull layout.local/alpine": "what skopeo would have copied",
    },
    "send-logs": {"docker run --log-driver": "receivers; tests/integration/containers/test_remote_logs.py"},
    "test-in-a-vm": {"make": "hours; tests/vm"},
    "trace": {"core trace command": "tests/integration/test_tracing.py builds so, where buildx is here"},
    "tls": {"docker --tlsverify": "tests/api/test_tls.py"},
}
"""Commands that this test does not run, by how they begin, with the reason."""


class Guide:
    """Runs a page's commands against a daemon, one after another."""

    def __init__(self, page: str, daemon: Daemon, directory: Path, places: Mapping[str, str] = {}) -> None:
        self.page, self.daemon, self.directory = page, daemon, directory
        self.places = {"unix:///run/core/core.sock": f"unix://{daemon.socket}", **places}
        self.left = commands(page)
        (directory / "bin").mkdir(exist_ok=True)
        program = directory / "bin/core"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m core "$@"\n')
        program.chmod(0o755)
        self.client = directory / "docker"
        """The configuration of the stock client, which has Compose and buildx where they are here."""
        link(self.client, BUILDX, COMPOSE)

    def run(self, beginning: str = "", *, check: bool = True, more: str = "") -> str:
        """Run the page's next command, which begins so; return what it said."""
        command = self.left.pop(0)
        assert command.startswith(beginning), (command, beginning)
        line = f"cd {self.directory}; PATH={self.directory}/bin:$PATH; {substituted(command, self.places)} {more}"
        roots = {
            "DOCKER_CONFIG": str(self.client),
            "CORE_DATA_ROOT": str(self.daemon.data_root),
            "CORE_EXEC_ROOT": str(self.daemon.exec_root),
        }
        done = self.daemon.run("sh", "-c", line, check=check, environment=roots, timeout=110)
        return done.stdout + done.stderr

    def skip(self) -> None:
        """Leave out the commands at this place that are named with a reason."""
        while self.left and any(self.left[0].startswith(beginning) for beginning in NOT_RUN.get(self.page, {})):
            self.left.pop(0)

    def finish(self) -> None:
        """Check that nothing of the page is left."""
        self.skip()
        assert self.left == []


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text("FROM busybox\nRUN echo made > /file\n")
    return tmp_path


@pytest.mark.parametrize("page", sorted(set(PAGES) - AUTHORS_PAGES))
def test_what_it_says_to_write_is_valid(page: str, tmp_path: Path) -> None:
    for number, text in enumerate(settings(page)):
        file = tmp_path / f"{number}.toml"
        file.write_text(text.replace("sha256:...", digest_of(b"any")))
        loaded = load_settings({}, file)
        find_plugins(loaded)
        assert {"docker", "buildkit"} <= set(loaded.drivers.frontends), "a guide must not take a frontend away"


@pytest.mark.parametrize("page", [page for page in PAGES if any("core serve" in line for line in commands(page))])
def test_the_daemons_flags_are_its_own(page: str, place: Path) -> None:
    """What comes with a daemon of the reader's own is checked by the daemon itself."""
    files = {"/etc/docker/daemon.json": "{}", " new.toml": ""}
    places = {named: f" {place / named.split('/')[-1].strip()}" for named in files}
    for named, text in files.items():
        Path(places[named].strip()).write_text(text)
    for line in commands(page):
        if line.startswith("core serve"):
            words = substituted(line, places).split()[1:]
            status = os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-P", "-m", "core", *words, "--validate"])
            assert status == 0, line


def test_every_page_has_a_test() -> None:
    tested = {name.removeprefix("test_guide_").replace("_", "-") for name in globals() if name.startswith("test_guide_")}
    left = {}
    for page in set(PAGES) - tested - AUTHORS_PAGES:
        excused = ("core serve", *NOT_RUN.get(page, {}))
        left[page] = [line for line in commands(page) if not line.startswith(excused)]
    assert {page: lines for page, lines in left.items() if lines} == {}


def test_what_is_named_as_not_run_is_on_its_page() -> None:
    named = [(page, beginning) for page, reasons in NOT_RUN.items() for beginning in reasons]
    stale = [
        (page, beginning)
        for page, beginning in named
        if page not in PAGES or not any(line.startswith(beginning) for line in commands(page))
    ]
    assert stale == []
    assert all(NOT_RUN.values())


def test_guide_authorize_requests(place: Path) -> None:
    """Its rules are valid; the group is this machine's."""
    (rules,) = (block for block in blocks("authorize-requests") if block.startswith("[[rule]]"))
    (place / "rules.toml").write_text(rules.partition("$ ")[0].replace('"docker"', '"root"'))
    policy = read_policy(place / "rules.toml")
    assert [(rule.name, rule.effect) for rule in policy.rules] == [("administrators", "allow"), ("readers", "allow")]


@pytest.mark.privileged
def test_guide_back_up_volumes(shared_daemon: Daemon, place: Path) -> None:
    guide = Guide("back-up-volumes", shared_daemon, place)
    shared_daemon.docker("run", "--rm", "-v", "data:/d", "busybox", "sh", "-c", "echo kept > /d/file")
    guide.run("core volume export")
    shared_daemon.docker("run", "--rm", "-v", "data:/d", "busybox", "rm", "/d/file")
    guide.run("core volume import")
    guide.run("core volume clone")
    assert shared_daemon.docker("run", "--rm", "-v", "data-for-tests:/d", "busybox", "cat", "/d/file").stdout == "kept\n"
    guide.finish()
    shared_daemon.docker("volume", "rm", "data", "data-for-tests")


def remembered_steps(daemon: Daemon) -> int:
    told = daemon.docker("system", "df", "--format", "{{.Type}}={{.TotalCount}}").stdout
    return int(dict(line.split("=") for line in told.splitlines())["Build Cache"])


@pytest.mark.privileged
def test_guide_build_images(shared_daemon: Daemon, place: Path) -> None:
    require(BUILDX)
    guide = Guide("build-images", shared_daemon, place)
    guide.run("export")
    guide.run("docker build -t app:1")
    guide.run("DOCKER_BUILDKIT=0")
    guide.skip()
    guide.run("docker build --no-cache")
    guide.skip()
    guide.run("docker system df -v")
    assert remembered_steps(shared_daemon) > 0
    guide.run("docker builder prune", more="--force --all")
    assert remembered_steps(shared_daemon) == 0
    guide.finish()


@pytest.mark.privileged
def test_guide_compose(shared_daemon: Daemon, place: Path) -> None:
    require(COMPOSE)
    (place / "compose.yaml").write_text("services:\n  one:\n    image: busybox\n    command: sleep 600\n    stop_signal: SIGKILL\n")
    guide = Guide("compose", shared_daemon, place)
    guide.run("export")
    guide.run("docker compose up")
    guide.finish()
    assert shared_daemon.docker("ps", "--quiet").stdout.count("\n") == 1
    shared_daemon.docker("compose", "--project-directory", str(place), "down", environment={"DOCKER_CONFIG": str(guide.client)})


def test_guide_write_an_observer(place: Path) -> None:
    """The scaffold is what the page shows; tests/plugins/test_beside_each_other.py runs it."""
    render(Kind.OBSERVER, "audit", place / "project")
    page = (HOW_TO / "write-an-observer.md").read_text()
    (shown,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    driver = re.sub(r'    """.*?"""\n\n', "", (place / "project/core_observer_audit/driver.py").read_text())
    assert shown in driver


@pytest.mark.privileged
def test_guide_debug_a_plugin(shared_daemon: Daemon, place: Path) -> None:
    guide = Guide(
        "debug-a-plugin", shared_daemon, place, {"check NAME": "check storage_vfs --no-contract", "info NAME": "info storage_vfs"}
    )
    assert "storage_overlay" in guide.run("core plugin list")
    assert "storage driver vfs" in guide.run("core plugin info")
    assert "ok" in guide.run("core plugin check")
    for _ in range(2):
        guide.left.remove(next(line for line in guide.left if line.startswith("core serve")))  # test_the_daemons_flags_are_its_own
    guide.finish()


@pytest.mark.privileged
def test_guide_change_a_driver(shared_daemon: Daemon, start_daemon: DaemonFactory, place: Path) -> None:
    """The second daemon is another test's; its flags are looked at by test_the_daemons_flags_are_its_own."""
    shared_daemon.docker("tag", "busybox", "app:1")
    with start_daemon(config=next(settings("change-a-driver"))) as new:
        guide = Guide(
            "change-a-driver", shared_daemon, place, {"unix:///run/new.sock": new.host, "alpine:latest": "busybox:latest"}
        )
        guide.left.remove(next(line for line in guide.left if line.startswith("core serve")))
        guide.run("docker save")
        guide.finish()
        assert new.docker("run", "--rm", "app:1", "echo", "moved").stdout == "moved\n"
    shared_daemon.docker("rmi", "app:1")


@pytest.mark.privileged
def test_guide_disk_space(shared_daemon: Daemon, place: Path) -> None:
    guide = Guide("disk-space", shared_daemon, place)
    guide.run("docker system df")
    guide.run("docker system df -v")
    for beginning in (
        "docker image prune -a --filter until",
        "docker image prune -a --filter unused",
        "docker image prune -a --filter min",
    ):
        guide.run(beginning, more="--force")
    guide.finish()
    shared_daemon.docker("pull", "--quiet", "busybox")


@pytest.mark.privileged
def test_guide_damaged_store(daemon: Daemon, place: Path) -> None:
    guide = Guide("damaged-store", daemon, place)
    daemon.docker("pull", "--quiet", "busybox")
    guide.skip()
    daemon.stop()
    guide.run("core doctor")
    guide.run("core doctor --repair")
    guide.skip()
    daemon.start()
    assert daemon.docker("run", "--rm", "busybox", "echo", "ok").stdout == "ok\n"
    guide.finish()


@pytest.mark.privileged
def test_guide_cni(start_daemon: DaemonFactory, place: Path) -> None:
    (place / "net.d").mkdir()
    page = (HOW_TO / "cni.md").read_text()
    (place / "net.d/lan.conflist").write_text(page.partition("```json\n")[2].partition("```")[0])
    with start_daemon(config=f'[plugins.net_cni]\nconf_dir = "{place}/net.d"\n') as daemon:
        daemon.docker("pull", "--quiet", "busybox")
        guide = Guide("cni", daemon, place, {" nginx": " busybox sleep 600"})
        guide.run("docker network create")
        guide.run("docker run")
        guide.finish()
        daemon.docker("rm", "-f", daemon.docker("ps", "-q").stdout.strip())
        daemon.docker("network", "rm", "web")


@pytest.mark.privileged
def test_guide_macvlan(shared_daemon: Daemon, place: Path) -> None:
    require_macvlan()
    for words in ("add lan0 type veth peer name lan1", "set lan0 up"):
        shared_daemon.run("ip", "link", *words.split())
    guide = Guide("macvlan", shared_daemon, place, {"parent=eth0": "parent=lan0", " nginx": " busybox sleep 600"})
    guide.run("docker network create")
    guide.run("docker run")
    guide.finish()
    shared_daemon.remove_containers()
    shared_daemon.docker("network", "rm", "lan")
    shared_daemon.run("ip", "link", "del", "lan0")


@pytest.fixture
def serving(start_daemon: DaemonFactory, tmp_path: Path) -> Iterator[Daemon]:
    """A daemon set up by two guides: it serves its images, and a directory stands for a registry."""
    (tmp_path / "images").mkdir()
    text = "\n".join([next(settings("offline")), next(settings("serve-images"))])
    # the registry that every test's daemon has as a mirror is on the guide's port
    config = substituted(text, {"/srv/images": str(tmp_path / "images"), "127.0.0.1:5000": "127.0.0.1:5001"})
    with start_daemon(config=config) as daemon:
        daemon.docker("pull", "--quiet", "busybox")
        yield daemon


@pytest.mark.privileged
def test_guide_offline(serving: Daemon, place: Path) -> None:
    serving.docker("tag", "busybox", "app:1")
    guide = Guide("offline", serving, place)
    guide.run("docker tag")
    guide.run("docker push")
    assert (place / "images/app/index.json").is_file()
    guide.run("docker pull")
    guide.finish()


@pytest.mark.privileged
def test_guide_serve_images(serving: Daemon, place: Path) -> None:
    serving.docker("tag", "busybox", "127.0.0.1:5001/team/app:1")
    serving.docker("push", "--quiet", "127.0.0.1:5001/team/app:1")
    assert "team/app:1" in serving.docker("images", "--format", "{{.Repository}}:{{.Tag}}").stdout.split()
    serving.docker("pull", "--quiet", "127.0.0.1:5001/busybox")
    guide = Guide("serve-images", serving, place)
    if find_plugin(BUILDX):
        serving.docker("buildx", "build", str(place), environment={"DOCKER_CONFIG": str(guide.client)})
    guide.left.remove("core serve --registry-mirror https://images.example:5000")
    guide.finish()


@pytest.mark.privileged
def test_guide_trace(shared_daemon: Daemon, place: Path) -> None:
    guide = Guide("trace", shared_daemon, place)
    guide.run("core trace run")
    guide.run("core trace pull")
    guide.skip()
    assert "POST /images/create" in guide.run("core trace ls")
    assert "pull.resolve" in guide.run("core trace show")
    assert '"Attributes"' in guide.run("core trace show --json")
    guide.finish()


@pytest.mark.privileged
def test_guide_trust(start_daemon: DaemonFactory, place: Path) -> None:
    policy = next(settings("trust")).replace("sha256:...", digest_of(b"any"))
    with start_daemon(config=policy) as daemon:
        with daemon.network.entered():
            push(busybox(), REGISTRY, "someone/app")
        guide = Guide("trust", daemon, place)
        said = guide.run("docker pull someone/app", check=False).strip().splitlines()[-1]
        assert said in (HOW_TO / "trust.md").read_text()
        guide.finish()
