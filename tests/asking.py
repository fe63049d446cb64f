"""A short way to ask a daemon by its API, and to wait for what it does."""

import json
import time
from collections.abc import Callable

from tests.daemon import Daemon

SLEEP = ["sleep", "1000"]


class Client:
    """A short way to say requests."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, object]:
        """Return status and decoded body of a reply."""
        status, raw = self.daemon.request(method, path, body)
        try:
            return status, json.loads(raw)
        except ValueError:
            return status, raw.decode()

    def refused(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        """Return status and sentence of a refusal."""
        status, answer = self.ask(method, path, body)
        assert isinstance(answer, dict), answer
        return status, answer["message"]

    def create(self, name: str, *command: str, **fields: object) -> str:
        """Make a container of busybox that is not started."""
        status, answer = self.ask(
            "POST", f"/containers/create?name={name}", {"Image": "busybox", "Cmd": list(command) or SLEEP, **fields}
        )
        assert status == 201, answer
        return answer["Id"]

    def run(self, name: str, *command: str, **fields: object) -> str:
        """Make and start a container."""
        identifier = self.create(name, *command, **fields)
        assert self.ask("POST", f"/containers/{name}/start") == (204, "")
        return identifier

    def inspect(self, name: str) -> dict:
        """Return a container's description."""
        status, answer = self.ask("GET", f"/containers/{name}/json")
        assert status == 200, answer
        return answer

    def exec(self, name: str, *command: str, **fields: object) -> str:
        """Prepare an exec."""
        status, answer = self.ask("POST", f"/containers/{name}/exec", {"Cmd": list(command), **fields})
        assert status == 201, answer
        return answer["Id"]

    def output(self, name: str, *command: str, **fields: object) -> str:
        """Run an exec that ends and return what it printed, as a terminal would show it."""
        identifier = self.exec(name, *command, AttachStdout=True, AttachStderr=True, **fields)
        status, raw = self.daemon.request("POST", f"/exec/{identifier}/start", {"Tty": True})
        assert status == 200, raw
        return raw.decode()

    def events(self, **filters: list[str]) -> list[dict]:
        """Return what is remembered of events."""
        status, raw = self.daemon.request("GET", f"/events?until={time.time():.9f}&filters={json.dumps(filters).replace(' ', '')}")
        assert status == 200, raw
        return [json.loads(line) for line in raw.splitlines()]


def eventually(condition: Callable[[], object], told: Callable[[], object] = str) -> None:
    """Wait until something is true. If it does not come true, what `told` returns is shown."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, told()
        time.sleep(0.02)
