"""A real daemon in a network namespace of its own, with its own roots on a tmpfs, and the stock Docker CLI pointed at it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from core.daemon.watchdog import HELD
from core.host.audit import audit
from core.host.records import read_records
from core.host.removal import remove
from core.host.traces import Territory, Trace, find_traces
from sdk.linux.mount import umount
from tests.connection import UnixConnection
from tests.network import NetworkNamespace

_EMULATED = "CORE_TEST_EMULATED" in os.environ
"""Set in a virtual machine without hardware help: some thirty times slower, so that a callback of 40 ms seems to hold the loop."""

_SLOWER = 10 if _EMULATED else 1
_START_SECONDS = 120.0 * _SLOWER
_STOP_SECONDS = 20.0 * _SLOWER
_SETTLE_SECONDS = 20.0 * _SLOWER


class Daemon:
    """`docker`, `core` and `request` talk to it; `stop`, `kill9` and `restart` are what happens to daemons."""

    def __init__(self, directory: Path, network: NetworkNamespace, flags: Sequence[str] = (), config: str = "") -> None:
        self.network = network
        self.directory = directory
        self.data_root = directory / "data"
        self.exec_root = directory / "run"
        self.socket = directory / "core.sock"
        self.log = directory / "daemon.log"
        self.config_file = directory / "core.toml"
        self.environment: dict[str, str] = {}
        self.python = sys.executable
        self.flags = list(flags)
        self.process: subprocess.Popen[bytes] | None = None
        self.was_killed = False
        directory.mkdir(parents=True, exist_ok=True)
        self.config_file.write_text(config)

    @property
    def host(self) -> str:
        """The value of DOCKER_HOST."""
        return f"unix://{self.socket}"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    # Life ------------------------------------------------------------------------------------------------------------

    def command(self) -> list[str]:
        """Return the command line of the daemon inside its namespace."""
        options = {
            "--host": self.host,
            "--config-file": self.config_file,
            "--data-root": self.data_root,
            "--exec-root": self.exec_root,
            "--pidfile": self.directory / "core.pid",
        }
        words = [str(word) for option in options.items() for word in option]
        return self.network.command([self.python, "-m", "core", "serve", *words, *self.flags])

    def start(self) -> None:
        """Start it and wait until it answers; what it said is in the assertion when it does not."""
        self.begin()
        assert self.process is not None
        deadline = time.monotonic() + _START_SECONDS
        while not self.answers():
            assert self.process.poll() is None, f"the daemon ended: {self.log.read_text()}"
            assert time.monotonic() < deadline, f"the daemon does not answer: {self.log.read_text()}"
            time.sleep(0.02)

    def begin(self) -> None:
        """Start it without waiting for anything."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=os.environ | self.environment
            )

    def answers(self) -> bool:
        """Tell whether it answers /_ping."""
        try:
            return self.request("GET", "/_ping")[0] == 200
        except OSError:
            return False

    def stop(self) -> None:
        """Stop it as a service manager does. Containers go on running."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(_STOP_SECONDS)
        self.process = None
        assert status == 0, f"the daemon ended with {status}: {self.log.read_text()}"

    def kill9(self) -> None:
        """Kill it without warning."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None
        self.was_killed = True

    def restart(self) -> None:
        """Stop it, unless it is dead already, and start another on the same roots."""
        if self.process is not None:
            self.stop()
        self.start()

    # Talk ------------------------------------------------------------------------------------------------------------

    def docker(
        self,
        *words: str,
        check: bool = True,
        stdin: str | None = None,
        timeout: float = 60,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run the stock Docker CLI against it; with `check` a failure fails the test and shows what it said."""
        return self.run("docker", *words, check=check, stdin=stdin, timeout=timeout, environment=environment)

    def core(self, *words: str, check: bool = True, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run our own command line beside it."""
        return self.run(self.python, "-m", "core", *words, check=check, timeout=timeout)

    def run(
        self,
        *words: str,
        check: bool = True,
        stdin: str | None = None,
        timeout: float = 60,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run any program inside the daemon's network, with DOCKER_HOST set."""
        done = subprocess.run(
            self.network.command(words),
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=timeout * _SLOWER,
            env=self.client_environment(environment),
        )
        assert not check or done.returncode == 0, (
            f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}\n{self.tail()}"
        )
        return done

    def popen(self, *words: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start any program inside the daemon's network with pipes to all three streams, in a session of its own; the test ends it."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            self.network.command(words),
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            env=self.client_environment(environment),
            start_new_session=True,
        )

    def client_environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return what clients see: this daemon's address, and a configuration directory of their own."""
        return os.environ | {"DOCKER_HOST": self.host, "DOCKER_CONFIG": str(self.directory / "client")} | dict(more or {})

    def request(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        """Send one request of the Docker API; return status and body. Bytes are sent as they are, anything else as JSON."""
        connection = UnixConnection(self.socket)
        try:
            encoded = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
            connection.request(method, path, encoded, {"Content-Type": "application/json", **(headers or {})})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def json(self, path: str) -> object:
        """GET a resource that must exist."""
        status, body = self.request("GET", path)
        assert status == 200, (status, body)
        return json.loads(body)

    def resident(self, measure: str = "Rss") -> int:
        """Return the memory the daemon holds, in KiB; `Pss` counts what it shares with others in part."""
        rollup = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith(f"{measure}:"))

    def tail(self, lines: int = 30) -> str:
        """Return the end of the daemon's log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    # End -------------------------------------------------------------------------------------------------------------

    def remove_containers(self) -> None:
        """Remove every container with its anonymous volumes, through the API."""
        status, body = self.request("GET", "/containers/json?all=1")
        assert status == 200, body
        for container in json.loads(body):
            status, answer = self.request("DELETE", f"/containers/{container['Id']}?force=1&v=1")
            assert status in (204, 404), answer

    def audit(self) -> list[Trace]:
        """Return what has leaked, blobs of no image included, unless a kill may have left some."""
        with self.network.entered():
            found = audit(self.data_root, self.exec_root)
        return found if self.was_killed else [*found, *self.stray_blobs()]

    def stray_blobs(self) -> Iterator[Trace]:
        """Yield the blobs that no record mentions."""
        known = read_records(self.data_root).known
        for path in self.data_root.glob("content/blobs/*/*"):
            if path.name not in known:
                yield Trace("file", str(path), path.name)

    def assert_clean(self) -> None:
        """Assert that nothing has leaked; the kernel and the drivers' trash get a moment."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        while (left := self.audit()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not left, "\n".join([*map(str, left), self.tail()])

    def assert_loop_was_free(self) -> None:
        """Assert that nothing held the event loop for over a second, as far as the daemon's watchdog has seen. An emulated processor's
        seconds are no measure."""
        log = self.log.read_text(errors="replace")
        assert _EMULATED or HELD not in log, log

    def finish(self) -> None:
        """Remove all containers, stop, and assert that nothing of this daemon is left but images, volumes and networks."""
        if self.process is None or self.process.poll() is not None:
            self.start()
        self.remove_containers()
        self.assert_clean()
        self.stop()
        self.assert_clean()
        self.assert_loop_was_free()
        assert self.network.links() == []

    def destroy(self) -> None:
        """Remove every trace of it, whatever state a failed test left it in."""
        if self.process is not None:
            self.kill9()
        with self.network.entered():
            remove_all(self.data_root, self.exec_root)


def remove_all(data_root: Path, exec_root: Path) -> None:
    """Remove what is left of a daemon on the machine and in the network of the calling thread."""
    for trace in find_traces(Territory(data_root, exec_root, read_records(data_root).instance)):
        remove(trace)
    if exec_root.is_mount():
        umount(str(exec_root))
