"""Random requests for every operation of the API: none is answered with 500, none leaves a traceback, and the daemon does not grow.

`make test` does this for 20 seconds, `make fuzz-api` for FUZZ_SECONDS; FUZZ_SEED are the dice. A failure shows the request.
"""

import json
import os
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPException, IncompleteRead
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from tests.connection import UnixConnection
from tests.daemon import Daemon
from tests.fuzz.api.operations import Call, call, operations
from tests.fuzz.api.values import Values

SECONDS = float(os.environ.get("FUZZ_SECONDS", "20"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
CLIENTS = 4
_EXPORT = re.compile(r"/containers/(.+)/export(?:\?|$)")
_ID = re.compile(r'"Id":"([0-9a-f]+)"')
PATIENCE = 60.0
REMOVAL_SECONDS = 10.0
"""How long a removal may take to be told after it cut off an export."""

ROUND = 150
"""Requests of a client until it clears up."""

GROWTH_KIB = 64 << 10
DESCRIPTORS = 16
FORESEEN = (
    "executable file not found", "port is already allocated", "no such file or directory", "permission denied", "is a directory",
    "unable to find user", "unable to find group",
)  # fmt: skip
"""What dockerd answers with 500 when a container cannot start or be read."""

pytestmark = [pytest.mark.privileged, pytest.mark.timeout(SECONDS + 300)]


class Client:
    """Sends requests and notes what should not be."""

    def __init__(self, daemon: Daemon, seed: int, scratch: Path, failures: Counter[str], answers: Counter[int]) -> None:
        self._daemon, self._failures, self._answers = daemon, failures, answers
        self._values = Values(random.Random(seed), str(scratch))

    def work(self, until: float) -> None:
        while time.monotonic() < until:
            for request in self._round(until):
                self._send(request)
            self._clear()

    def _round(self, until: float) -> Iterator[Call]:
        yield from map(self._made, ("/containers/create?name=c0", "/networks/create", "/volumes/create"))
        for _ in range(ROUND):
            if time.monotonic() < until:
                yield call(self._values.dice.choice(operations()), self._values)

    def _made(self, target: str) -> Call:
        bodies = {"c": b'{"Image":"busybox","Cmd":["sleep","60"]}', "n": b'{"Name":"n0"}', "v": b'{"Name":"v0"}'}
        return Call("POST", target, bodies[target[1]], {"Content-Type": "application/json"})

    def _send(self, request: Call) -> None:
        connection = UnixConnection(self._daemon.socket, PATIENCE)
        try:
            connection.connect()
            stream = connection.sock
            begun = time.time()
            connection.request(request.method, request.target, request.body, request.headers)
            response, content = connection.getresponse(), b""
            stream.settimeout(0.2)  # a stream may have nothing to say
            with suppress(TimeoutError):
                content = response.read(20_000)
        except IncompleteRead as error:
            if not self._was_cut_by_removal(request, begun):
                self._note(f"{type(error).__name__} {error}", request)
            return
        except (OSError, HTTPException, ValueError) as error:
            self._note(f"{type(error).__name__} {error}", request)
            return
        finally:
            connection.close()
        self._answers[response.status] += 1
        text = content.decode(errors="replace")
        if response.status == 201 and (made := _ID.search(text)):
            self._values.known.append(made[1])
        if response.status == 500 and not any(sentence in text for sentence in FORESEEN):
            self._note(f"{response.status} {text[:300]}", request)
        elif "[Errno" in text or "Traceback" in text or "object has no attribute" in text:
            self._note(f"Python's words {text[:300]}", request)

    def _was_cut_by_removal(self, request: Call, begun: float) -> bool:
        """Tell whether this is an export whose container another client removed meanwhile: its end cannot be said otherwise, in Docker too."""
        exported = _EXPORT.search(unquote(request.target))
        if not exported:
            return False
        deadline = time.monotonic() + REMOVAL_SECONDS
        while time.monotonic() < deadline:
            if destroyed(self._daemon, exported[1], begun):
                return True
            time.sleep(0.05)
        return False

    def _note(self, what: str, request: Call) -> None:
        """Note a failure with the first request that had it."""
        known = next((noted for noted in self._failures if noted.startswith(what)), f"{what} <- {request}")
        self._failures[known] += 1

    def _clear(self) -> None:
        for request in (
            *(
                Call("DELETE", f"/containers/{container['Id']}?force=1&v=1")
                for container in self._daemon.json("/containers/json?all=1")
            ),
            *(Call("POST", f"/{kind}/prune") for kind in ("networks", "volumes")),
        ):
            with suppress(OSError, HTTPException):
                self._daemon.request(request.method, request.target)


def test_no_request_fails_the_server(module_daemon: Daemon, tmpfs: Path) -> None:
    daemon, failures, answers = module_daemon, Counter[str](), Counter[int]()
    scratch = tmpfs / "bound"
    scratch.mkdir(exist_ok=True)
    run(daemon, scratch, min(SECONDS / 3, 30), SEED, failures, answers)
    before = (daemon.resident(), descriptors(daemon))
    run(daemon, scratch, SECONDS - min(SECONDS / 3, 30), SEED + 1000, failures, answers)
    after = (daemon.resident(), descriptors(daemon))
    print(f"{sum(answers.values())} answers {dict(sorted(answers.items()))}; KiB and descriptors {before} -> {after}")
    assert not failures, "\n".join(f"{count} x {what}" for what, count in failures.most_common(40))
    log = daemon.log.read_text(errors="replace")
    assert "Traceback" not in log, log[log.index("Traceback") :][:15000]
    daemon.assert_loop_was_free()
    assert after[0] - before[0] < GROWTH_KIB
    assert after[1] - before[1] < DESCRIPTORS


def run(daemon: Daemon, scratch: Path, seconds: float, seed: int, failures: Counter[str], answers: Counter[int]) -> None:
    """Have the clients work, and clear up after them."""
    until = time.monotonic() + seconds
    clients = [Client(daemon, seed * 100 + number, scratch, failures, answers) for number in range(CLIENTS)]
    threads = [threading.Thread(target=client.work, args=(until,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    daemon.remove_containers()


def destroyed(daemon: Daemon, name: str, since: float) -> bool:
    """Tell whether a container that had this name, or an ID that begins so, was removed after a moment."""
    filters = quote('{"type":["container"]}')
    status, body = daemon.request("GET", f"/events?since={since:.3f}&until={time.time():.3f}&filters={filters}")
    assert status == 200, body
    told = [json.loads(line) for line in body.splitlines()]
    meant = {event["Actor"]["ID"] for event in told if event["Actor"]["ID"].startswith(name) or name.lstrip("/") in _names(event)}
    return any(event["Action"] == "destroy" and event["Actor"]["ID"] in meant for event in told)


def _names(event: dict[str, dict[str, dict[str, str]]]) -> set[str]:
    attributes = event["Actor"]["Attributes"]
    return {attributes.get("name", ""), attributes.get("oldName", "").lstrip("/")}


def descriptors(daemon: Daemon) -> int:
    """Return how many files the daemon has open."""
    return len(os.listdir(f"/proc/{daemon.pid}/fd"))
