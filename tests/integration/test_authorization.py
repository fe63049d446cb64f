"""Authorization of requests on a real daemon: by rules, by Docker's plugins, and what stock clients make of refusals."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.asking import eventually
from tests.authorization_plugin import REQUEST, RESPONSE, Plugin, serve_authorization
from tests.conftest import DaemonFactory
from tests.daemon import Daemon

pytestmark = [pytest.mark.privileged, pytest.mark.usefixtures("registry")]

ALICE = 70001
RULES = f"""
[[rule]]
name = "root"
effect = "allow"
users = ["root"]

[[rule]]
name = "alice reads"
effect = "allow"
users = [{ALICE}]
methods = ["GET"]
paths = ["/_ping", "/version", "/containers/json"]
"""
ASK = """
import os, socket, sys
os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
s.sendall(f"{sys.argv[3]} {sys.argv[4]} HTTP/1.1\\r\\nHost: d\\r\\nConnection: close\\r\\n\\r\\n".encode())
sys.stdout.write(b"".join(iter(lambda: s.recv(65536), b"")).decode())
"""


def ask_as(uid: int, socket: Path, method: str, path: str) -> tuple[int, str]:
    """Return status and body of a request that a process of a user sends."""
    done = subprocess.run(
        [sys.executable, "-c", ASK, socket, str(uid), method, path], capture_output=True, text=True, check=True, timeout=30
    )
    head, _, body = done.stdout.partition("\n\n")  # as text, whose line ends are newlines
    return int(head.split()[1]), body


@pytest.fixture
def open_to_all(tmpfs: Path) -> Iterator[Path]:
    """A directory that every user may enter."""
    directory = Path(f"/tmp/core-{os.urandom(4).hex()}")
    directory.mkdir(mode=0o755)
    yield directory
    for path in directory.iterdir():
        path.unlink()
    directory.rmdir()


def reloaded(daemon: Daemon, said: str) -> None:
    """Have the daemon read its configuration again, and wait until it says how that went."""
    before = daemon.log.read_text().count(said)
    os.kill(daemon.pid, signal.SIGHUP)
    eventually(lambda: daemon.log.read_text().count(said) != before, daemon.tail)


def test_rules_decide_by_who_asks(start_daemon: DaemonFactory, open_to_all: Path) -> None:
    rules, socket = open_to_all / "rules.toml", open_to_all / "d.sock"
    rules.write_text(RULES)
    config = f'[drivers]\nauthorizers = ["rules"]\n[plugins.authz_rules]\nfile = "{rules}"\n'
    with start_daemon("--host", f"unix://{socket}", config=config) as daemon:
        socket.chmod(0o666)
        daemon.docker("pull", "--quiet", "busybox")
        assert daemon.docker("run", "--rm", "-i", "busybox", "cat", stdin="through a hijacked connection").stdout == (
            "through a hijacked connection"
        )
        assert ask_as(ALICE, socket, "GET", "/v1.44/containers/json") == (200, "[]\n")
        assert ask_as(ALICE, socket, "HEAD", "/_ping")[0] == 200
        status, body = ask_as(ALICE, socket, "POST", "/v1.44/containers/%63reate")
        denial = f"no rule allows POST /containers/create to the user with the ID {ALICE}"
        assert (status, json.loads(body)) == (403, {"message": f"authorization denied by plugin rules: {denial}"})
        assert ask_as(ALICE, socket, "GET", "/info")[0] == 403
        told = rf"POST /v1\.44/containers/%63reate of UID {ALICE} \(PID \d+\): authorization denied by plugin rules: {denial}"
        assert re.search(told, daemon.log.read_text())

        rules.write_text(RULES.replace('"/version"', '"/version", "/info"'))
        reloaded(daemon, "Reloaded configuration")
        assert ask_as(ALICE, socket, "GET", "/info")[0] == 200
        rules.write_text("[[rule]]\n")
        reloaded(daemon, "error reconfiguring the daemon")
        assert "rule.1.effect: Field required" in daemon.log.read_text()
        assert ask_as(ALICE, socket, "GET", "/info")[0] == 200

        daemon.config_file.write_text("")
        reloaded(daemon, "Reloaded configuration")
        assert ask_as(ALICE, socket, "GET", "/volumes")[0] == 200


@pytest.fixture
def guard(tmp_path: Path) -> Iterator[Plugin]:
    with serve_authorization(tmp_path / "plugins/guard.sock") as plugin:
        yield plugin


def legacy(tmp_path: Path, names: str = '["guard"]', patience: float = 5) -> str:
    table = f'socket_directories = ["{tmp_path}/plugins"]\nspec_directories = []\npatience = {patience}\nreconnect = 0\n'
    return f"[drivers]\nauthorizers = {names}\n[plugins.authz_legacy]\n{table}"


def test_dockers_plugin_sees_and_decides(start_daemon: DaemonFactory, tmp_path: Path, guard: Plugin) -> None:
    with start_daemon(config=legacy(tmp_path)) as daemon:
        daemon.docker("pull", "--quiet", "busybox")
        assert daemon.docker("info", "--format", "{{.Plugins.Authorization}}").stdout == "[guard]\n"
        assert daemon.docker("run", "--name", "box", "busybox", "sh", "-c", "seq 3").stdout == "1\n2\n3\n"
        assert daemon.docker("logs", "--follow", "box").stdout == "1\n2\n3\n"
        created = next(one for one in guard.questions(REQUEST) if "/containers/create" in one["RequestUri"])
        assert created["RequestMethod"] == "POST"
        assert json.loads(base64.b64decode(created["RequestBody"]))["Image"] == "busybox"
        answered = next(one for one in guard.questions(RESPONSE) if "/containers/create" in one["RequestUri"])
        assert answered["ResponseStatusCode"] == 201

        guard.denied["/v"] = "not in office hours"
        denied = daemon.docker("rm", "box", check=False)
        assert denied.stderr.endswith("Error response from daemon: authorization denied by plugin guard: not in office hours\n")
        guard.denied.clear()

        guard.answers[REQUEST] = (500, {"Err": "database gone"})
        sentence = "plugin guard failed with error: AuthZPlugin.AuthZReq: database gone"
        status, body = daemon.request("DELETE", "/containers/box")
        assert (status, json.loads(body)) == (500, {"message": sentence})
        guard.answers[REQUEST] = (200, {"Allow": True})

        guard.answers[RESPONSE] = (200, {"Allow": False, "Msg": "secret"})
        status, body = daemon.request("GET", "/containers/json?all=1")
        assert (status, json.loads(body)) == (403, {"message": "authorization denied by plugin guard: secret"})
        guard.answers[RESPONSE] = (200, {"Allow": True})
        assert daemon.docker("ps", "-aq").stdout


def test_a_plugin_that_is_gone_refuses_all_until_another_is_there(start_daemon: DaemonFactory, tmp_path: Path) -> None:
    socket = tmp_path / "plugins/guard.sock"
    with ExitStack() as stack:
        first = stack.enter_context(ExitStack())
        first.enter_context(serve_authorization(socket))
        daemon = stack.enter_context(start_daemon(config=legacy(tmp_path)))
        first.close()
        status, body = daemon.request("GET", "/info")
        assert status == 500
        assert json.loads(body)["message"].startswith(
            "plugin guard failed with error: error while calling authorization plugin guard: "
        )
        with serve_authorization(socket):
            assert daemon.request("GET", "/info")[0] == 200
        assert daemon.request("GET", "/info")[0] == 500
        daemon.config_file.write_text("")
        reloaded(daemon, "Reloaded configuration")
        assert daemon.request("GET", "/info")[0] == 200


@pytest.mark.parametrize("names", ['["nowhere"]', '["rules", "nowhere"]'])
def test_a_daemon_does_not_start_without_the_plugin_that_is_named(tmp_path: Path, start_daemon: DaemonFactory, names: str) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text("")
    config = legacy(tmp_path, names, 0) + f'[plugins.authz_rules]\nfile = "{rules}"\n'
    with pytest.raises(AssertionError) as caught, start_daemon(config=config):
        pass
    assert 'failed to validate authorization plugin: plugin "nowhere" not found (there are: rules)' in str(caught.value)
