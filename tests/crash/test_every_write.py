"""The daemon is killed at every single call that changes something on disk, in the kernel's links or in a cgroup, during a start, a stop, a
removal and a commit in turn.

strace(1) does it from outside: it first counts the calls of each thread, then kills the daemon as one of them begins. `make test` takes a
few of the points, `make test-crash` all; CRASH_SEED says which few.
"""

import json
import os
import random
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException

import pytest

from tests.daemon import Daemon

SEED = int(os.environ.get("CRASH_SEED", "1"))
FEW = 4

pytestmark = pytest.mark.privileged

CALLS = (
    "write", "pwrite64", "writev", "fsync", "fdatasync", "ftruncate", "fallocate", "rename", "renameat", "renameat2", "link", "linkat",
    "symlink", "symlinkat", "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "sendto", "sendmsg", "mount", "umount2", "move_mount", "kill",
    "pidfd_send_signal",
)  # fmt: skip
VERBS = ("start", "stop", "rm", "commit")
_SECONDS = 60.0
_STRACE_SECONDS = 2.0
_LINE = re.compile(r"^(\d+) +(\w+)\(")
_TRIED = re.compile(r"^strace: (?:Process \d+ attached|attach: .*No such process)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Point:
    """The `number`th call of that name in any one thread."""

    verb: str
    call: str
    number: int


class Bench:
    """A daemon and a container in the state that a verb needs."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon
        self._dice = random.Random(SEED)
        daemon.docker("pull", "--quiet", "busybox")

    def prepare(self, verb: str) -> None:
        """Make the container `it`: it runs, or with `start` and `rm` it does not."""
        command = ("sh", "-c", "trap 'exit 7' TERM; : > /dev/shm/ready; echo begun; while :; do sleep 0.05; done")
        self.daemon.docker("create", "--name", "it", "-v", "data:/data", "-p", "8080:80", "busybox", *command)
        if verb in ("stop", "commit"):
            self.daemon.docker("start", "it")
            _until(lambda: self.daemon.docker("logs", "it").stdout == "begun\n")

    def ask(self, verb: str) -> bool:
        """Have the verb done; return whether it was granted, False too if the daemon was killed."""
        method, path = {
            "start": ("POST", "/containers/it/start"),
            "stop": ("POST", "/containers/it/stop"),
            "rm": ("DELETE", "/containers/it?v=1"),
            "commit": ("POST", "/commit?container=it&repo=made"),
        }[verb]
        try:
            return self.daemon.request(method, path)[0] < 300
        except (OSError, HTTPException):
            return False

    def count(self, verb: str) -> list[Point]:
        """Return the points of a verb, by doing it once under strace."""
        self._warm(verb)
        self.prepare(verb)
        record = self.daemon.directory / "calls"
        with _traced(self.daemon, "-o", str(record), "-e", f"trace={','.join(CALLS)}"):
            assert self.ask(verb)
        self.clear()
        calls = Counter(match.groups() for line in record.read_text().splitlines() if (match := _LINE.match(line)))
        most: dict[str, int] = {}
        for (_, call), count in calls.items():
            most[call] = max(count, most.get(call, 0))
        return [Point(verb, call, number) for call, count in sorted(most.items()) for number in range(1, count + 1)]

    def few(self, points: list[Point]) -> list[Point]:
        """Return some of them."""
        return self._dice.sample(points, min(FEW, len(points)))

    def kill_at(self, point: Point) -> bool:
        """Kill the daemon at a point and check what the next one makes of it; return whether the point was reached."""
        self._warm(point.verb)
        self.prepare(point.verb)
        with _traced(
            self.daemon,
            "-o",
            "/dev/null",
            "-e",
            f"trace={point.call}",
            "-e",
            f"inject={point.call}:signal=KILL:when={point.number}",
        ):
            granted = self.ask(point.verb)
        reached = _has_ended(self.daemon)
        if not reached:
            self.daemon.kill9()
        self.daemon.process, self.daemon.was_killed = None, True
        self.daemon.start()
        self.check(point, granted)
        self.clear()
        self.daemon.assert_clean()
        return reached

    def check(self, point: Point, granted: bool) -> None:
        """Assert that the verb was done or not done, and done if that was said; and that the container is whole."""
        status, body = self.daemon.request("GET", "/containers/it/json")
        if point.verb == "rm":
            assert status == 404 or not granted, point
            if status == 404:
                return
        assert status == 200, point
        state = json.loads(body)["State"]
        assert not state["Paused"], point
        match point.verb:
            case "start":
                assert state["Running"] or not granted, (point, state)
            case "stop":
                assert (state["Status"], state["ExitCode"]) == ("exited", 7) or (state["Running"] and not granted), (point, state)
            case "commit":
                assert state["Running"], (point, state)
                made = self.daemon.docker("run", "--rm", "made", "echo", "whole", check=False)
                assert made.stdout == "whole\n" or not granted, (point, made.stderr)
        if point.verb != "stop":  # there it may be about to end
            self._runs()
        self.daemon.docker("stop", "it")
        assert self.daemon.docker("inspect", "-f", "{{.State.ExitCode}}", "it").stdout == "7\n", point

    def _runs(self) -> None:
        """Assert that the container can be started, if it does not run, and works."""
        self.daemon.docker("start", "it")
        wait = "until [ -e /dev/shm/ready ]; do sleep 0.05; done; echo alive"
        assert self.daemon.docker("exec", "it", "sh", "-c", wait).stdout == "alive\n"

    def clear(self) -> None:
        """Remove what was made."""
        self.daemon.remove_containers()
        self.daemon.docker("volume", "prune", "-af")
        self.daemon.docker("rmi", "-f", "made", check=False)

    def _warm(self, verb: str) -> None:
        """Have the threads there that the verb will work in: strace counts for each by itself."""
        self.prepare(verb)
        assert self.ask(verb)
        self.clear()


@contextmanager
def _traced(daemon: Daemon, *options: str) -> Iterator[None]:
    """Have strace follow all threads of the daemon that there are, and none of its children. One that has ended meanwhile is passed over."""
    threads = sorted(map(int, os.listdir(f"/proc/{daemon.pid}/task")))
    words = [word for thread in threads for word in ("-p", str(thread))]
    said = daemon.directory / "strace"
    with said.open("wb") as output:
        strace = subprocess.Popen(["strace", *options, *words], stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        _until(lambda: len(_TRIED.findall(said.read_text())) >= len(threads) or strace.poll() is not None)
        yield
    finally:
        strace.terminate()
        try:
            strace.wait(_STRACE_SECONDS)
        except subprocess.TimeoutExpired:  # it waits for ever where threads it follows died all at once
            strace.kill()
            strace.wait()


def _has_ended(daemon: Daemon) -> bool:
    assert daemon.process is not None
    try:
        daemon.process.wait(0.3)
    except subprocess.TimeoutExpired:
        return False
    return True


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.timeout(300)
def test_a_few_points_of_each_verb(daemon: Daemon) -> None:
    bench = Bench(daemon)
    verb = random.Random(SEED).choice(VERBS)
    reached = [bench.kill_at(point) for point in bench.few(bench.count(verb))]
    assert any(reached)


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("verb", VERBS)
def test_every_point(daemon: Daemon, verb: str) -> None:
    bench = Bench(daemon)
    points = bench.count(verb)
    assert len(points) > 10
    reached = [bench.kill_at(point) for point in points]
    print(f"{verb}: {len(points)} points, {sum(reached)} reached", flush=True)
    assert sum(reached) > len(points) // 2
