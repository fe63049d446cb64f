"""A Compose project on a daemon: the client in its directory, and what it made, as the API tells it."""

import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from tests.compose.clients import Compose
from tests.daemon import Daemon

_ERASE_LINE = re.compile(r"\x1b\[\d?K")


def lines_of(process: subprocess.Popen[bytes]) -> Iterator[str]:
    """Yield the lines of a running command's output, as they come, without control sequences."""
    assert process.stdout is not None
    return (_ERASE_LINE.sub("", line.decode()).rstrip() for line in process.stdout)


def heard(lines: Iterator[str], act: Callable[[], object]) -> None:
    """Do something again and again until a command that follows tells a line of it: from then on it misses nothing."""
    told = threading.Event()

    def act_again() -> None:
        while not told.wait(0.1):
            act()

    acting = threading.Thread(target=act_again)
    acting.start()
    try:
        next(lines)
    finally:
        told.set()
        acting.join()


class Project:
    """Called with the words of a Compose command it returns what that printed."""

    def __init__(self, daemon: Daemon, compose: Compose, directory: Path) -> None:
        self.daemon = daemon
        self.compose = compose
        self.directory = directory
        self.name = directory.name
        self.environment: dict[str, str] = {}

    def __call__(self, *words: str, stdin: str | None = None, timeout: float = 60) -> str:
        return self.run(*words, stdin=stdin, timeout=timeout).stdout

    def run(
        self, *words: str, check: bool = True, stdin: str | None = None, timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return self.daemon.run(*self._command(words), check=check, stdin=stdin, timeout=timeout, environment=self._environment())

    def logs(self, *services: str) -> list[str]:
        """Return the lines that services have written."""
        return _ERASE_LINE.sub("", self("logs", "--no-color", *services)).splitlines()

    @contextmanager
    def running(self, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a command beside the test; it is ended with the block."""
        process = self.daemon.popen(*self._command(words), environment=self._environment())
        try:
            yield process
        finally:
            # Older Docker CLIs leave the plugin they started behind when they are killed.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def _command(self, words: tuple[str, ...]) -> list[str]:
        return ["env", "-C", str(self.directory), *self.compose.words, *words]

    def _environment(self) -> Mapping[str, str]:
        return {"COMPOSE_PROJECT_NAME": self.name, **self.compose.environment, **self.environment}

    # What it made ----------------------------------------------------------------------------------------------------

    def containers(self, *services: str) -> list[dict]:
        """Return the inspect objects of all its containers, by service and number."""
        filters = quote(json.dumps({"label": [f"com.docker.compose.project={self.name}"]}))
        listed = self.daemon.json(f"/containers/json?all=1&filters={filters}")
        found = [one for one in listed if not services or one["Labels"]["com.docker.compose.service"] in services]
        found.sort(key=lambda one: one["Names"][0])
        return [self.daemon.json(f"/containers/{one['Id']}/json") for one in found]

    def container(self, service: str) -> dict:
        """Return the only container of a service."""
        (found,) = self.containers(service)
        return found

    def leftovers(self) -> list[str]:
        """Return the names of everything that carries the project's label."""
        label = quote(json.dumps({"label": [f"com.docker.compose.project={self.name}"]}))
        containers = self.daemon.json(f"/containers/json?all=1&filters={label}")
        volumes = self.daemon.json(f"/volumes?filters={label}")["Volumes"]
        networks = self.daemon.json(f"/networks?filters={label}")
        return [one["Names"][0] for one in containers] + [one["Name"] for one in (*volumes, *networks)]
