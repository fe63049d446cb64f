"""`make bench`: what containers cost through the API, on a daemon of its own. Other daemons are measured beside it by address:

    python -m tests.bench [NAME=unix:///path/to.sock ...]

Each must have the image busybox. Printed are medians (and the 95th percentile) in milliseconds.
"""

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles

from sdk.testing.distribution import serve_registry
from tests.busybox import busybox, push
from tests.connection import UnixConnection
from tests.daemon import Daemon
from tests.network import NetworkNamespace

ROUNDS = 40
LISTED = 50


class Client:
    """One kept connection to a daemon, as SDKs keep it."""

    def __init__(self, path: Path) -> None:
        self._connection = UnixConnection(path)

    def call(self, method: str, path: str, body: object = None) -> bytes:
        """Send a request, which must succeed; return the reply's body."""
        encoded = None if body is None else json.dumps(body).encode()
        self._connection.request(method, path, encoded, {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        content = response.read()
        assert response.status < 300, (method, path, response.status, content)
        return content

    def create(self, *command: str, network: str = "none") -> str:
        """Create a container; return its ID."""
        request = {"Image": "busybox", "Cmd": command, "HostConfig": {"NetworkMode": network}}
        return str(json.loads(self.call("POST", "/containers/create", request))["Id"])

    def run(self, network: str) -> None:
        """Create, start, wait and remove."""
        container = self.create("true", network=network)
        self.call("POST", f"/containers/{container}/start")
        self.call("POST", f"/containers/{container}/wait")
        self.call("DELETE", f"/containers/{container}")

    def execute(self, container: str) -> None:
        """Run `true` in a container and wait for its end."""
        session = json.loads(self.call("POST", f"/containers/{container}/exec", {"Cmd": ["true"], "AttachStdout": True}))["Id"]
        self.call("POST", f"/exec/{session}/start", {"Detach": False})

    @contextmanager
    def running(self, count: int) -> Iterator[list[str]]:
        """Keep containers running during the block."""
        containers = [self.create("sleep", "600") for _ in range(count)]
        try:
            for container in containers:
                self.call("POST", f"/containers/{container}/start")
            yield containers
        finally:
            for container in containers:
                self.call("DELETE", f"/containers/{container}?force=1")


def milliseconds(work: Callable[[], object], rounds: int = ROUNDS) -> str:
    """Return median and 95th percentile of some runs, after one that does not count."""
    work()
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        times.append((time.perf_counter() - begun) * 1000)
    return f"{median(times):7.1f} ({quantiles(times, n=20)[-1]:.1f})"


def measure(path: Path) -> dict[str, str]:
    """Return every figure of one daemon."""
    client = Client(path)
    figures = {
        f"create+start+wait+remove, {network}": milliseconds(lambda network=network: client.run(network))
        for network in ("none", "bridge")
    }
    with client.running(1) as (container,):
        figures["exec true"] = milliseconds(lambda: client.execute(container))
    with client.running(LISTED):
        figures[f"list of {LISTED}"] = milliseconds(lambda: client.call("GET", "/containers/json"), rounds=200)
    return figures


@contextmanager
def our_daemon() -> Iterator[Daemon]:
    """Run a daemon of ours that has busybox. Say what it weighs."""
    directory = Path(tempfile.mkdtemp(prefix="core-bench-"))
    with ExitStack() as undo:
        undo.callback(shutil.rmtree, directory)
        network = NetworkNamespace()
        undo.callback(network.delete)
        daemon = Daemon(directory, network, ["--registry-mirror", "http://127.0.0.1:5000"])
        undo.callback(daemon.destroy)
        with network.entered():
            registry = undo.enter_context(serve_registry(directory / "registry"))
            push(busybox(), registry.address, "library/busybox")
        begun = time.perf_counter()
        daemon.start()
        print(f"start of the daemon: {time.perf_counter() - begun:.2f} s, resident: {daemon.resident() / 1024:.1f} MiB")
        daemon.docker("pull", "--quiet", "busybox")
        yield daemon
        print(f"resident after all: {daemon.resident() / 1024:.1f} MiB")
        daemon.finish()


def main() -> None:
    with our_daemon() as ours:
        peers = {name: Path(address.removeprefix("unix://")) for name, _, address in (word.partition("=") for word in sys.argv[1:])}
        results = {name: measure(path) for name, path in {"core": ours.socket, **peers}.items()}
        for figure in results["core"]:
            print(f"{figure:34}", *(f"{name} {result[figure]:18}" for name, result in results.items()))


if __name__ == "__main__":
    main()
