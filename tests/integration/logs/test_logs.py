"""Logs of real containers, read by the stock Docker CLI."""

import json
import threading
import time
from pathlib import Path

import pytest

from tests.asking import eventually
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged


def run(daemon: Daemon, script: str, *flags: str) -> str:
    return daemon.docker("run", "--name", "box", *flags, "busybox", "sh", "-c", script).stdout


def log_path(daemon: Daemon) -> Path:
    return Path(daemon.docker("inspect", "-f", "{{.LogPath}}", "box").stdout.strip())


def numbers(text: str) -> list[int]:
    return [int(line) for line in text.split()]


def test_the_file_is_dockers(shared_daemon: Daemon):
    run(shared_daemon, "echo 'a<b>'; printf end", "--label", "team=x", "--log-opt", "labels=team", "--log-opt", "tag={{.Name}}")
    path = log_path(shared_daemon)
    first, last = path.read_text().splitlines()
    assert first.startswith('{"log":"a\\u003cb\\u003e\\n","stream":"stdout","attrs":{"tag":"box","team":"x"},"time":"')
    assert json.loads(last)["log"] == "end"
    assert path.name.endswith("-json.log")
    assert "tag=box,team=x a<b>" in shared_daemon.docker("logs", "--details", "box").stdout


def test_options_are_checked_at_create(shared_daemon: Daemon):
    done = shared_daemon.docker("create", "--log-opt", "color=red", "busybox", check=False)
    assert "unknown log opt 'color' for json-file log driver" in done.stderr
    done = shared_daemon.docker("create", "--log-driver", "nosuch", "busybox", check=False)
    assert "logger: no log driver named 'nosuch' is registered" in done.stderr


def test_rotation_and_what_is_left_of_it(shared_daemon: Daemon):
    run(shared_daemon, "seq 1 20000", "--log-opt", "max-size=100k", "--log-opt", "max-file=4", "--log-opt", "compress=true")
    path = log_path(shared_daemon)
    expected = [path.name, *(f"{path.name}.{number}.gz" for number in (1, 2, 3))]

    def found() -> list[str]:
        return sorted(entry.name for entry in path.parent.glob(f"{path.name}*"))

    eventually(lambda: found() == expected, found)
    kept = numbers(shared_daemon.docker("logs", "box").stdout)
    assert kept == list(range(kept[0], 20001))
    assert len(kept) > 3 * 1000
    assert numbers(shared_daemon.docker("logs", "--tail", "2500", "box").stdout) == kept[-2500:]


def test_times_and_streams(shared_daemon: Daemon):
    run(shared_daemon, "echo one; sleep 1.1; echo two >&2; sleep 1.1; echo three")
    stamps = [line.split()[0] for line in shared_daemon.docker("logs", "-t", "box").stdout.splitlines()]
    assert shared_daemon.docker("logs", "--since", stamps[1], "box").stdout == "three\n"
    assert shared_daemon.docker("logs", "--until", stamps[0], "box").stdout == "one\n"
    assert shared_daemon.docker("logs", "box").stderr == "two\n"


def test_following_begins_with_what_was_and_ends_with_the_container(shared_daemon: Daemon):
    shared_daemon.docker(
        "run", "-d", "--name", "box", "busybox", "sh", "-c", "echo 0; sleep 0.5; for i in $(seq 1 500); do echo $i; done"
    )
    assert numbers(shared_daemon.docker("logs", "-f", "box").stdout) == list(range(501))
    assert numbers(shared_daemon.docker("logs", "-f", "--tail", "2", "box").stdout) == [499, 500]


def test_following_a_flood_across_rotations_loses_nothing(shared_daemon: Daemon):
    flags = ["--log-opt", "max-size=1m", "--log-opt", "max-file=200"]
    shared_daemon.docker("run", "-d", "--name", "box", *flags, "busybox", "sh", "-c", "seq 1 300000")
    assert numbers(shared_daemon.docker("logs", "-f", "box").stdout) == list(range(1, 300001))


def test_overlong_lines(shared_daemon: Daemon):
    run(shared_daemon, "head -c 100000 /dev/zero | tr '\\0' x; echo; echo next")
    sizes = [len(json.loads(line)["log"]) for line in log_path(shared_daemon).read_text().splitlines()]
    assert max(sizes) <= 16 << 10
    assert shared_daemon.docker("logs", "box").stdout == "x" * 100000 + "\nnext\n"


@pytest.mark.parametrize("flags", [["--log-opt", "max-size=-1"], ["--log-opt", "max-size=200k", "--log-opt", "max-file=500"]])
def test_killing_the_daemon_loses_and_doubles_no_line(daemon: Daemon, flags: list[str]):
    daemon.docker("pull", "-q", "busybox")
    script = "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); echo $i; done; sleep 60"
    daemon.docker("run", "-d", "--name", "box", *flags, "busybox", "sh", "-c", script)
    for _ in range(4):
        time.sleep(0.15)
        daemon.kill9()
        daemon.start()
    deadline = time.monotonic() + 40
    while daemon.docker("logs", "--tail", "1", "box").stdout != "60000\n":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert numbers(daemon.docker("logs", "box").stdout) == list(range(1, 60001))


def test_many_readers_at_once(shared_daemon: Daemon):
    run(shared_daemon, "seq 1 50000")
    results: list[list[int]] = []
    readers = [
        threading.Thread(target=lambda: results.append(numbers(shared_daemon.docker("logs", "box").stdout))) for _ in range(4)
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert results == [list(range(1, 50001))] * 4


def test_the_local_driver(shared_daemon: Daemon):
    run(
        shared_daemon,
        "seq 1 5000; echo 'a<b>' >&2; printf end",
        *("--log-driver", "local", "--log-opt", "max-size=10k", "--log-opt", "max-file=3"),
    )
    out = shared_daemon.docker("logs", "box")
    kept = numbers(out.stdout.removesuffix("end"))
    assert kept == list(range(kept[0], 5001))
    assert 100 < len(kept) < 5000
    assert (out.stdout[-3:], out.stderr) == ("end", "a<b>\n")
    assert shared_daemon.docker("logs", "--tail", "2", "box").stdout == "end"
    assert log_path(shared_daemon) == Path()
    assert "local" in shared_daemon.docker("info", "--format", "{{.Plugins.Log}}").stdout
    done = shared_daemon.docker("create", "--log-driver", "local", "--log-opt", "labels=a", "busybox", check=False)
    assert "unknown log opt 'labels' for log driver local" in done.stderr


def test_the_local_driver_as_the_daemons_own(start_daemon):
    with start_daemon("--log-driver", "local", "--log-opt", "max-file=2") as daemon:
        daemon.docker("run", "--detach", "--name", "box", "busybox", "sh", "-c", "echo before; sleep 2; echo after; sleep 600")
        assert daemon.docker("inspect", "--format", "{{.HostConfig.LogConfig.Type}}", "box").stdout == "local\n"
        daemon.kill9()
        daemon.start()
        deadline = time.monotonic() + 20
        while (text := daemon.docker("logs", "box").stdout) != "before\nafter\n":
            assert time.monotonic() < deadline, text
            time.sleep(0.1)
