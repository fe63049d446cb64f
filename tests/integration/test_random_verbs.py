"""Several clients ask for anything at any moment, of the same few containers: no verb fails as if nobody had foreseen it.

`make test-random` runs it; RANDOM_SECONDS and RANDOM_SEED say for how long, and with which dice.
"""

import io
import json
import os
import random
import tarfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException

import pytest

from tests.connection import UnixConnection
from tests.daemon import Daemon

SECONDS = float(os.environ.get("RANDOM_SECONDS", "60"))
SEED = int(os.environ.get("RANDOM_SEED", "1"))

pytestmark = [pytest.mark.privileged, pytest.mark.slow, pytest.mark.timeout(SECONDS + 120)]

CLIENTS = 6
CONTAINERS = tuple(f"c{number}" for number in range(6))
NETWORKS = ("n0", "n1")
COMMANDS = (
    ("sleep", "1000"),
    ("true",),
    ("nonexistent",),
    ("sh", "-c", "sleep 0.3; exit 3"),
    ("sh", "-c", "while :; do echo hi; sleep 0.01; done"),
)
PROBE = {"Test": ["CMD", "true"], "Interval": 2_000_000, "StartInterval": 2_000_000}
FORESEEN = ("port is already allocated", "executable file not found")
"""What Docker answers with 500."""


def _archive() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("file")
        entry.size = 3
        archive.addfile(entry, io.BytesIO(b"abc"))
    return buffer.getvalue()


class Client:
    """Throws dice and asks. `failures` are the answers that nobody foresaw, and how often each was given."""

    def __init__(self, daemon: Daemon, dice: random.Random, failures: Counter[str]) -> None:
        self._daemon = daemon
        self._dice = dice
        self._failures = failures
        self._verbs: tuple[Callable[[str], object], ...] = (
            self._create, self._start, self._start, self._exec, self._exec, self._remove, self._network, self._archives, self._leave,
            *(self._plain(method, path) for method, path in PLAIN),
        )  # fmt: skip

    def work(self, until: float) -> None:
        while time.monotonic() < until:
            try:
                self._dice.choice(self._verbs)(self._dice.choice(CONTAINERS))
            except (OSError, HTTPException) as error:
                self._failures[f"no answer: {error!r}"] += 1

    def _ask(self, method: str, path: str, body: object = None, *, patience: float = 30) -> tuple[int, bytes]:
        connection = UnixConnection(self._daemon.socket, patience)
        content = body if isinstance(body, bytes) or body is None else json.dumps(body)
        try:
            connection.request(method, f"/v1.47{path}", content, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = response.read(200_000)
        finally:
            connection.close()
        if response.status >= 500 and not any(sentence in answer.decode() for sentence in FORESEEN):
            self._failures[f"{response.status} {method} {path}: {answer.decode()}"] += 1
        return response.status, answer

    def _plain(self, method: str, path: str) -> Callable[[str], object]:
        return lambda name: self._ask(method, path.format(name=name, other=self._dice.choice(CONTAINERS)))

    def _create(self, name: str) -> None:
        dice = self._dice
        host: dict[str, object] = {"NetworkMode": dice.choice(("none", "host", "bridge", "container:c0", *NETWORKS))}
        if dice.random() < 0.3:
            host["AutoRemove"] = True
        else:
            host["RestartPolicy"] = {"Name": dice.choice(("no", "always", "on-failure"))}
        if dice.random() < 0.3:
            host["Binds"] = [f"volume{dice.randrange(3)}:/data"]
        if host["NetworkMode"] in ("bridge", "n0"):
            host["PortBindings"] = {"80/tcp": [{"HostPort": str(8000 + dice.randrange(4))}]}
        settings = {"Image": "busybox", "Cmd": dice.choice(COMMANDS), "HostConfig": host, "Tty": dice.random() < 0.2}
        self._ask("POST", f"/containers/create?name={name}", settings | ({"Healthcheck": PROBE} if dice.random() < 0.5 else {}))

    def _start(self, name: str) -> None:
        self._ask("POST", f"/containers/{name}/start")

    def _exec(self, name: str) -> None:
        command = self._dice.choice((("true",), ("echo", "x"), ("sleep", "0.05"), ("nonexistent",)))
        settings = {"Cmd": command, "AttachStdout": True, "AttachStderr": True, "Tty": self._dice.random() < 0.3}
        status, answer = self._ask("POST", f"/containers/{name}/exec", settings)
        if status == 201:
            made = json.loads(answer)["Id"]
            self._ask("POST", f"/exec/{made}/start", {"Detach": self._dice.random() < 0.5})
            self._ask("GET", f"/exec/{made}/json")

    def _remove(self, name: str) -> None:
        self._ask("DELETE", f"/containers/{name}?force={self._dice.choice((0, 1, 1))}&v={self._dice.choice((0, 1))}")

    def _network(self, name: str) -> None:
        network = self._dice.choice(NETWORKS)
        match self._dice.randrange(4):
            case 0:
                self._ask("POST", "/networks/create", {"Name": network})
            case 1:
                self._ask("POST", f"/networks/{network}/connect", {"Container": name, "EndpointConfig": {"Aliases": ["other"]}})
            case 2:
                self._ask("POST", f"/networks/{network}/disconnect", {"Container": name, "Force": self._dice.random() < 0.5})
            case _:
                self._ask("DELETE", f"/networks/{network}")

    def _archives(self, name: str) -> None:
        self._ask("PUT", f"/containers/{name}/archive?path=/tmp", _archive())
        with suppress(HTTPException):  # cut off, when the container is removed meanwhile
            self._ask("GET", f"/containers/{name}/archive?path=/etc")

    def _leave(self, name: str) -> None:
        """Begin to wait or to watch, and go away."""
        path = self._dice.choice(("wait?condition=removed", "wait?condition=next-exit", "attach?stream=1&stdout=1&stdin=1"))
        with suppress(TimeoutError):
            self._ask("POST", f"/containers/{name}/{path}", patience=0.2)


PLAIN = (
    ("POST", "/containers/{name}/stop?t=0"),
    ("POST", "/containers/{name}/restart?t=0"),
    ("POST", "/containers/{name}/kill"),
    ("POST", "/containers/{name}/kill?signal=TERM"),
    ("POST", "/containers/{name}/pause"),
    ("POST", "/containers/{name}/unpause"),
    ("POST", "/containers/{name}/rename?name={other}"),
    ("POST", "/containers/{name}/resize?h=20&w=30"),
    ("POST", "/commit?container={name}&repo=committed"),
    ("POST", "/containers/prune"),
    ("POST", "/volumes/prune"),
    ("GET", "/containers/{name}/json?size=1"),
    ("GET", "/containers/{name}/top"),
    ("GET", "/containers/{name}/stats?stream=0&one-shot=1"),
    ("GET", "/containers/{name}/logs?stdout=1&stderr=1&tail=50"),
    ("GET", "/containers/{name}/changes"),
    ("GET", "/containers/json?all=1&size=1"),
)


def test_no_verb_fails_unforeseen(daemon: Daemon) -> None:
    daemon.docker("pull", "--quiet", "busybox")
    failures: Counter[str] = Counter()
    until = time.monotonic() + SECONDS
    clients = [Client(daemon, random.Random(SEED * 100 + number), failures) for number in range(CLIENTS)]
    threads = [threading.Thread(target=client.work, args=(until,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    daemon.remove_containers()
    daemon.request("POST", "/networks/prune")
    daemon.assert_clean()
    assert not failures, "\n".join(f"{count}x {failure}" for failure, count in failures.most_common())
