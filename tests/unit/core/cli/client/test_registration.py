"""The client's commands: what they load, and how each ends where the daemon's answer is none of a daemon."""

import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from threading import Thread
from typing import ClassVar, get_type_hints

import msgspec
import pytest
from typer.testing import CliRunner

from core.cli.application import build
from core.cli.client.commands.stats import _show_live
from core.cli.client.connection.api import Api, ApiError
from core.cli.client.connection.endpoint import find_endpoint
from core.cli.client.models import Info
from core.host.roots import hold_data_root

_SCRIPT = """
import sys
from core.cli.application import build, command_names
names = command_names(build(["ps"]))
assert {"run", "ps", "exec", "logs", "pull", "stats", "cp", "volume", "network", "demo"} <= names, names
loaded = {"fastapi", "pyroute2", "plugins.api_docker"} & sys.modules.keys()
assert not loaded, loaded
"""


def test_a_client_command_loads_no_plugin() -> None:
    subprocess.run([sys.executable, "-c", _SCRIPT], check=True)


def test_serve_loads_no_terminal_library() -> None:
    script = "import sys; import core.cli.serve; assert not {'rich', 'typer', 'httpx'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", script], check=True)


NONSENSE = b"<html>\n"

CONTAINER = b'{"Id": "x", "Name": "/x", "State": {"Running": true}, "Config": {"Tty": false, "OpenStdin": false}}'


class Nonsense(BaseHTTPRequestHandler):
    """Answers as a daemon does only where the table has an answer, by the end of the path."""

    answers: ClassVar[dict[str, bytes]] = {}

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if path.endswith("/attach"):
            self.send_response_only(101)
            self.end_headers()
            return
        content = next((content for end, content in self.answers.items() if path.endswith(end)), NONSENSE)
        self.send_response_only(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_POST = do_DELETE = do_HEAD = do_GET  # noqa: N815 the standard library finds them by name


class Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(Nonsense, "answers", {})
    with Server(str(tmp_path / "s"), Nonsense) as serving:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/s")
        thread = Thread(target=serving.serve_forever, args=(0.01,))
        thread.start()
        yield serving
        serving.shutdown()
        thread.join()


MADE = {"/containers/create": b'{"Id": "x"}'}


@pytest.mark.parametrize(
    ("words", "answers", "source"),
    [
        (["ps"], {}, "/containers/json"),
        (["wait", "x"], {}, "/containers/x/wait"),
        (["top", "x"], {}, "/containers/x/top"),
        (["port", "x"], {}, "/containers/x/json"),
        (["logs", "x"], {}, "/containers/x/json"),
        (["create", "i"], {}, "/containers/create"),
        (["run", "i"], {}, "/containers/create"),
        (["run", "-d", "i"], {}, "/containers/create"),
        (["run", "i"], MADE, "/containers/x/wait"),
        (["attach", "x"], {"/json": CONTAINER}, "/containers/x/wait"),
        (["start", "-a", "x"], {"/json": CONTAINER}, "/containers/x/wait"),
        (["exec", "x", "true"], {}, "/containers/x/exec"),
        (["cp", "/etc/hostname", "x:/etc"], {}, "/containers/x/archive"),
        (["images"], {}, "/images/json"),
        (["inspect", "x"], {}, "/containers/x/json"),
        (["inspect", "--plan", "x"], {}, "/containers/x/plan"),
        (["stats", "x"], {}, "/containers/x/stats"),
        (["info"], {}, "/info"),
        (["version"], {}, "/version"),
        (["events"], {}, "/events"),
        (["volume", "ls"], {}, "/volumes"),
        (["volume", "create", "v"], {}, "/volumes/create"),
        (["volume", "inspect", "v"], {}, "/volumes/v"),
        (["volume", "prune"], {}, "/volumes/prune"),
        (["volume", "clone", "v", "w"], {}, "/volumes/v/clone"),
        (["network", "ls"], {}, "/networks"),
        (["network", "create", "n"], {}, "/networks/create"),
        (["network", "inspect", "n"], {}, "/networks/n"),
        (["network", "explain", "x"], {}, "/containers/x/packet-paths"),
        (["network", "prune"], {}, "/networks/prune"),
        (["rmi", "i"], {}, "/images/i"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
@pytest.mark.usefixtures("server")
def test_nonsense_ends_a_command_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, words: list[str], answers: dict[str, bytes], source: str
) -> None:
    monkeypatch.setattr(Nonsense, "answers", answers)
    result = CliRunner().invoke(build(words), words)
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code in (1, 125)
    assert result.stderr.startswith(f"core: the answer to {source} is none of a daemon: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.usefixtures("server")
def test_nonsense_ends_the_live_table_with_a_sentence() -> None:
    with pytest.raises(ApiError, match=r"^the answer to /containers/[xy]/stats is none of a daemon: "):
        _show_live(Api(find_endpoint("")), ["x", "y"])


NUMBERS = [name for name, kind in get_type_hints(Info).items() if kind is int]


@pytest.mark.usefixtures("server")
def test_a_collection_that_is_answered_by_nonsense_fails_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    info = Info(
        **{**dict.fromkeys(Info.__struct_fields__, ""), **dict.fromkeys(NUMBERS, 0), "root": str(tmp_path), "warnings": None}
    )
    monkeypatch.setattr(Nonsense, "answers", {"/info": msgspec.json.encode(info)})
    words = ["gc", "--data-root", str(tmp_path), "--max-age", "1h"]
    with hold_data_root(tmp_path):
        result = CliRunner().invoke(build(words), words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("core: the answer to /images/prune is none of a daemon: ")
