"""One of Docker's volume plugins, for tests: directories under a root, served on a unix socket. `python -m tests.volume_plugin SOCKET ROOT`.

Who has a volume mounted is counted, and Mount and Unmount out of turn are refused, as strict plugins do.
"""

import json
import os
import shutil
import socketserver
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path


class Refusal(Exception):
    """What a plugin says in `Err`."""


class Volumes:
    """The volumes and who has them mounted."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.users: dict[str, set[str]] = {}

    def answer(self, path: str, request: dict) -> dict:
        if path == "/Plugin.Activate":
            return {"Implements": ["VolumeDriver"]}
        return getattr(self, path.removeprefix("/VolumeDriver.").lower())(request)

    def create(self, request: dict) -> dict:
        if "fail" in (request["Opts"] or {}):
            raise Refusal("the disk is on fire")
        (self.root / request["Name"]).mkdir(parents=True, exist_ok=True)
        return {"Err": ""}

    def remove(self, request: dict) -> dict:
        if self.users.get(request["Name"]):
            raise Refusal("volume is mounted")
        shutil.rmtree(self.found(request))
        return {"Err": ""}

    def get(self, request: dict) -> dict:
        return {"Volume": {"Name": request["Name"], "Mountpoint": str(self.found(request)), "Status": {"full": "no"}}, "Err": ""}

    def list(self, request: dict) -> dict:
        names = sorted(os.listdir(self.root))
        return {"Volumes": [{"Name": name, "Mountpoint": str(self.root / name)} for name in names] or None, "Err": ""}

    def path(self, request: dict) -> dict:
        return {"Mountpoint": str(self.found(request)), "Err": ""}

    def mount(self, request: dict) -> dict:
        users = self.users.setdefault(request["Name"], set())
        if request["ID"] in users:
            raise Refusal("mounted twice")
        path = self.found(request)
        users.add(request["ID"])
        return {"Mountpoint": str(path), "Err": ""}

    def unmount(self, request: dict) -> dict:
        users = self.users.get(request["Name"], set())
        if request["ID"] not in users:
            raise Refusal("not mounted")
        users.remove(request["ID"])
        return {"Err": ""}

    def capabilities(self, request: dict) -> dict:
        return {"Capabilities": {"Scope": "local"}}

    def found(self, request: dict) -> Path:
        path = self.root / request["Name"]
        if not path.is_dir():
            raise Refusal("no such volume")
        return path


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, socket: str, volumes: Volumes) -> None:
        super().__init__(socket, Handler)
        self.volumes = volumes


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        status = 200
        try:
            reply = self.server.volumes.answer(self.path, request)
        except Refusal as refusal:
            status, reply = 500, {"Err": str(refusal)}
        body = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/vnd.docker.plugins.v1.2+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        pass


@contextmanager
def serve_volumes(socket: Path, root: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the plugin in a process of its own until the block ends."""
    socket.parent.mkdir(parents=True, exist_ok=True)
    socket.unlink(missing_ok=True)
    root.mkdir(parents=True, exist_ok=True)
    project = Path(__file__).parents[1]
    process = subprocess.Popen([sys.executable, "-m", "tests.volume_plugin", socket, root], cwd=project)
    try:
        deadline = time.monotonic() + 30
        while not socket.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield process
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    Server(sys.argv[1], Volumes(Path(sys.argv[2]))).serve_forever()
