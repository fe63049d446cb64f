"""A daemon and a registry that means harm: every request ends soon with a clean sentence, and the daemon stays as small as it was."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests import hostile_registry
from tests.conftest import DaemonFactory
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged

PORT = 5055
CONFIG = """
[plugins.registry_hub]
stall_timeout = 1
reply_timeout = 1
upload_chunk = 262144
retries = 1
backoff = 0.01
longest_pause = 0.05
"""
CLIENTS = 24
GROWTH_KIB = CLIENTS * (8 << 10)
"""Two documents of the greatest length for each client; one bomb let through takes gigabytes."""
LONGEST_SENTENCE = 3000
SECONDS = 180
PUSHED = ("mount", "patch", "finish")
RESOLVED = ("probe", "manifest", "index", "config", "token", "realm", "error", "head", "name")
LOGGED_IN = ("probe", "token", "realm", "head")
HARMLESS = re.compile("/probe/|/tags/crlf|distribution/.*/name/|/auth#127.0.1.")
"""A registry whose greeting alone is bad can be used all the same, and what is no tag is passed over."""
INTERNALS = re.compile(r"Traceback|httpx|msgspec|Errno|codec|recursion|NoneType|object at 0x|KeyError", re.IGNORECASE)


@pytest.fixture
def daemon(start_daemon: DaemonFactory) -> Iterator[Daemon]:
    with start_daemon(config=CONFIG) as running:
        program = Path(hostile_registry.__file__)
        command = running.network.command([sys.executable, str(program), str(PORT)])
        registry = subprocess.Popen(command, stdout=subprocess.PIPE)
        try:
            assert registry.stdout is not None
            assert registry.stdout.readline() == b"listening\n"
            yield running
        finally:
            registry.kill()
            registry.communicate()


def ask(daemon: Daemon, method: str, path: str) -> tuple[int, str]:
    """Send a request; return its status and what it failed with, "" if it did not. A login is to the registry that the path ends with."""
    path, _, server = path.partition("#")
    login = {"username": "user", "password": "secret", "serveraddress": server}
    status, body = daemon.request(method, path, login if server else None, headers={"X-Registry-Auth": "e30="})
    if status >= 400:
        return status, json.loads(body)["message"]
    lines = [json.loads(line) for line in body.decode().splitlines() if line.startswith("{")]
    return status, next((line["error"] for line in lines if "error" in line), "")


def requests() -> Iterator[tuple[str, str]]:
    for place, name in hostile_registry.repositories(PORT):
        if place in PUSHED:
            yield "POST", f"/images/{name}/push?tag=latest"
        else:
            yield "POST", f"/images/create?fromImage={name}" + ("" if place == "tags" else "&tag=latest")
        if place in LOGGED_IN:
            yield "POST", f"/auth#{name.partition('/')[0]}"
        if place in RESOLVED:
            yield "GET", f"/distribution/{name}/json"


@pytest.mark.timeout(300)
def test_a_hostile_registry_costs_no_memory_and_no_time(daemon: Daemon) -> None:
    daemon.docker("pull", "-q", "busybox")
    for place, name in hostile_registry.repositories(PORT):
        if place in PUSHED:
            daemon.request("POST", f"/images/busybox/tag?repo={name}&tag=latest")
    clear_peak(daemon)
    before, begun, asked = daemon.resident(), time.monotonic(), list(requests())
    with ThreadPoolExecutor(CLIENTS) as threads:
        answers = dict(zip(asked, threads.map(lambda request: ask(daemon, *request), asked), strict=True))
    took = time.monotonic() - begun
    grown = peak(daemon) - before
    assert daemon.request("POST", "/images/prune")[0] == 200
    assert grown < GROWTH_KIB
    assert took < SECONDS
    assert [request for request, (_status, message) in answers.items() if not message and not HARMLESS.search(request[1])] == []
    assert [answer for answer in answers.items() if not is_clean(answer[1][1])] == []
    assert "Traceback" not in daemon.log.read_text()


def is_clean(message: str) -> bool:
    """Tell whether an error is a short line for people."""
    return message.isprintable() and len(message) < LONGEST_SENTENCE and not INTERNALS.search(message)


def clear_peak(daemon: Daemon) -> None:
    """Let the kernel begin anew to note the most memory held (proc(5): /proc/pid/clear_refs)."""
    Path(f"/proc/{daemon.pid}/clear_refs").write_text("5")


def peak(daemon: Daemon) -> int:
    status = Path(f"/proc/{daemon.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))
