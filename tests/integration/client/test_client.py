"""The client in the box against a real daemon."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.daemon import Daemon

pytestmark = pytest.mark.privileged


def core(daemon: Daemon, *words: str, check: bool = True, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    return daemon.run(daemon.python, "-m", "core", *words, check=check, stdin=stdin)


def output(daemon: Daemon, *words: str, stdin: str | None = None) -> str:
    return core(daemon, *words, stdin=stdin).stdout


def test_pull_images_tag_and_rmi(shared_daemon: Daemon):
    pulled = output(shared_daemon, "pull", "busybox")
    assert "latest: Pulling from library/busybox" in pulled
    output(shared_daemon, "tag", "busybox", "mine:1")
    table = output(shared_daemon, "images")
    assert table.splitlines()[0].split() == ["REPOSITORY", "TAG", "IMAGE", "ID", "CREATED", "SIZE"]
    assert any(line.startswith("mine ") for line in table.splitlines())
    assert "Untagged: mine:1" in output(shared_daemon, "rmi", "mine:1")
    missing = core(shared_daemon, "rmi", "nothing:here", check=False)
    assert missing.returncode == 1
    assert "No such image: nothing:here" in missing.stderr


def test_push_and_pull_back(shared_daemon: Daemon):
    name = "127.0.0.1:5000/mine/box:1"
    output(shared_daemon, "tag", "busybox", name)
    assert "1: digest: sha256:" in output(shared_daemon, "push", name)
    output(shared_daemon, "rmi", name)
    assert "Status: " in output(shared_daemon, "pull", name)
    output(shared_daemon, "rmi", name)
    refused = core(shared_daemon, "pull", "127.0.0.1:5000/mine/nothing", check=False)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "not found" in refused.stderr


def test_run_prints_and_exits_as_the_process_does(shared_daemon: Daemon):
    done = core(shared_daemon, "run", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2; exit 7", check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("out\n", "err\n", 7)


def test_run_passes_stdin_on_and_closes_it(shared_daemon: Daemon):
    assert output(shared_daemon, "run", "-i", "--rm", "busybox", "wc", "-c", stdin="x" * 100_000) == "100000\n"


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("busybox", "nosuchcommand"), 127),
        (("busybox", "/etc"), 126),
        (("--badflag",), 2),
        (("--network", "none", "-m", "lots", "busybox"), 2),
    ],
)
def test_what_cannot_run_has_dockers_exit_status(shared_daemon: Daemon, words: tuple[str, ...], status: int):
    assert core(shared_daemon, "run", "--rm", *words, check=False).returncode == status


def test_a_missing_image_is_pulled_by_run(daemon: Daemon):
    done = core(daemon, "run", "--rm", "busybox", "echo", "here")
    assert done.stdout == "here\n"
    assert "Unable to find image 'busybox' locally" in done.stderr
    refused = core(daemon, "run", "--pull", "never", "nothing", check=False)
    assert refused.returncode == 125


def test_flags_reach_the_container(shared_daemon: Daemon, tmp_path: Path):
    (tmp_path / "file").write_text("bound")
    tmp_path.chmod(0o755)
    (tmp_path / "env").write_text("# comment\nFROM_FILE=1\n")
    script = "echo $FROM_FILE $SAID $(hostname) $(pwd) $(id -u) $(cat /b/file) $(cat /sys/fs/cgroup/memory/memory.limit_in_bytes); df /t | tail -1"
    words = ["-e", "SAID=2", "--env-file", str(tmp_path / "env"), "-h", "host", "-w", "/tmp", "-u", "9", "-v", f"{tmp_path}:/b:ro"]
    printed = output(shared_daemon, "run", "--rm", *words, "-m", "64m", "--tmpfs", "/t:size=1m", "busybox", "sh", "-c", script)
    assert printed.startswith("1 2 host /tmp 9 bound ")
    assert "tmpfs" in printed


def test_the_life_of_a_container(shared_daemon: Daemon):
    identity = output(shared_daemon, "run", "-d", "--name", "box", "-p", "8081:80", "busybox", "sleep", "60").strip()
    assert len(identity) == 64
    (line,) = output(shared_daemon, "ps").splitlines()[1:]
    assert line.startswith(identity[:12])
    assert "0.0.0.0:8081->80/tcp" in line
    assert line.endswith("box")
    assert output(shared_daemon, "ps", "-q") == f"{identity[:12]}\n"
    assert "0.0.0.0:8081" in output(shared_daemon, "port", "box", "80")
    assert "sleep 60" in output(shared_daemon, "top", "box")
    assert "box" in output(shared_daemon, "stats", "--no-stream")
    assert json.loads(output(shared_daemon, "inspect", "box"))[0]["Id"] == identity
    assert core(shared_daemon, "inspect", "nobody", check=False).returncode == 1
    assert output(shared_daemon, "stop", "-t", "0", "box") == "box\n"
    assert "Exited (137)" in output(shared_daemon, "ps", "-a")
    output(shared_daemon, "start", "box")
    output(shared_daemon, "restart", "-t", "0", "box")
    output(shared_daemon, "kill", "box")
    assert output(shared_daemon, "wait", "box") == "137\n"
    assert output(shared_daemon, "rm", "box") == "box\n"
    gone = core(shared_daemon, "stop", "box", check=False)
    assert (gone.returncode, gone.stderr) == (1, "core: No such container: box\n")
    assert core(shared_daemon, "rm", "-f", "box", check=False).returncode == 0


def test_exec(shared_daemon: Daemon):
    output(shared_daemon, "run", "-d", "--name", "box", "busybox", "sleep", "60")
    done = core(shared_daemon, "exec", "-e", "A=1", "-w", "/tmp", "box", "sh", "-c", "echo $A $PWD; exit 3", check=False)
    assert (done.stdout, done.returncode) == ("1 /tmp\n", 3)
    assert output(shared_daemon, "exec", "-i", "box", "cat", stdin="through") == "through"
    assert core(shared_daemon, "exec", "box", "nosuchcommand", check=False).returncode == 127


def test_logs(shared_daemon: Daemon):
    output(shared_daemon, "run", "--name", "box", "busybox", "sh", "-c", "echo one; echo two >&2; sleep 0.2; echo three")
    done = core(shared_daemon, "logs", "box")
    assert (done.stdout, done.stderr) == ("one\nthree\n", "two\n")
    assert output(shared_daemon, "logs", "-n", "1", "box") == "three\n"
    assert output(shared_daemon, "logs", "-f", "box") == "one\nthree\n"
    assert output(shared_daemon, "logs", "-t", "-n", "1", "box").endswith("Z three\n")


def test_start_attached(shared_daemon: Daemon):
    output(shared_daemon, "create", "--name", "box", "busybox", "sh", "-c", "echo hello; exit 4")
    done = core(shared_daemon, "start", "-a", "box", check=False)
    assert (done.stdout, done.returncode) == ("hello\n", 4)


def test_copying_both_ways(shared_daemon: Daemon, tmp_path: Path):
    (tmp_path / "dir").mkdir()
    (tmp_path / "dir/file").write_text("content")
    output(shared_daemon, "run", "-d", "--name", "box", "busybox", "sleep", "60")
    output(shared_daemon, "cp", str(tmp_path / "dir"), "box:/tmp")
    output(shared_daemon, "cp", str(tmp_path / "dir/file"), "box:/tmp/renamed")
    output(shared_daemon, "cp", f"{tmp_path}/dir/.", "box:/tmp")
    assert output(shared_daemon, "exec", "box", "cat", "/tmp/dir/file", "/tmp/renamed", "/tmp/file") == "content" * 3
    output(shared_daemon, "cp", "box:/tmp/dir", str(tmp_path / "back"))
    output(shared_daemon, "cp", "box:/tmp/renamed", str(tmp_path))
    assert (tmp_path / "back/file").read_text() == (tmp_path / "renamed").read_text() == "content"
    missing = core(shared_daemon, "cp", "box:/nothing", str(tmp_path), check=False)
    assert missing.returncode == 1
    assert "Could not find the file /nothing in container box" in missing.stderr


def test_volumes(shared_daemon: Daemon):
    assert output(shared_daemon, "volume", "create", "--label", "a=b", "data") == "data\n"
    output(shared_daemon, "run", "--rm", "-v", "data:/d", "busybox", "sh", "-c", "echo kept > /d/f")
    assert output(shared_daemon, "run", "--rm", "-v", "data:/d", "busybox", "cat", "/d/f") == "kept\n"
    assert output(shared_daemon, "volume", "ls", "-q", "-f", "label=a=b") == "data\n"
    assert json.loads(output(shared_daemon, "volume", "inspect", "data"))[0]["Labels"] == {"a": "b"}
    assert output(shared_daemon, "volume", "rm", "data") == "data\n"
    assert core(shared_daemon, "volume", "rm", "data", check=False).returncode == 1
    assert "Total reclaimed space" in output(shared_daemon, "volume", "prune")


def test_networks(shared_daemon: Daemon):
    assert {"bridge", "host", "none"} <= set(output(shared_daemon, "network", "ls").split())
    assert json.loads(output(shared_daemon, "network", "inspect", "bridge"))[0]["Name"] == "bridge"


def test_info_version_and_events(shared_daemon: Daemon):
    begin = str(time.time())
    assert "Storage driver:" in output(shared_daemon, "info")
    assert "API version:" in output(shared_daemon, "version")
    output(shared_daemon, "run", "--rm", "--name", "box", "busybox", "true")
    seen = output(shared_daemon, "events", "--since", begin, "--until", str(time.time()), "-f", "type=container")
    assert [line.split()[2] for line in seen.splitlines() if line.split()[2] in ("create", "start", "die", "destroy")] == [
        "create",
        "start",
        "die",
        "destroy",
    ]


class Terminal:
    """The client on a pseudo-terminal."""

    def __init__(self, daemon: Daemon, *words: str) -> None:
        self.seen = b""
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            # what runs in a shell's background inherits that SIGINT is ignored; what a person runs at a terminal does not
            ["setsid", "--ctty", "env", "--default-signal=INT", *daemon.network.command([daemon.python, "-m", "core", *words])],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=daemon.client_environment({"TERM": "xterm"}),
        )
        os.close(slave)

    def type(self, text: bytes) -> None:
        os.write(self.master, text)

    def expect(self, text: bytes, seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.seen:
            assert time.monotonic() < deadline, self.seen
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self.master, 65536)
                except OSError:
                    assert text in self.seen, self.seen

    def frames(self, seconds: float) -> int:
        """Read for a while and return how often the screen was drawn."""
        self.seen, deadline = b"", time.monotonic() + seconds
        while time.monotonic() < deadline:
            if select.select([self.master], [], [], 0.1)[0]:
                self.seen += os.read(self.master, 65536)
        return self.seen.count(b"box")

    def end(self) -> int:
        """Go on reading, as terminals do, until the process has ended; return its exit code."""
        deadline = time.monotonic() + 20
        try:
            while self.process.poll() is None:
                assert time.monotonic() < deadline, self.seen
                if select.select([self.master], [], [], 0.05)[0]:
                    with suppress(OSError):  # the other side is closed
                        self.seen += os.read(self.master, 65536)
            return self.process.returncode
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            os.close(self.master)


def test_a_terminal_is_raw_follows_its_size_and_ends(shared_daemon: Daemon):
    terminal = Terminal(shared_daemon, "run", "-it", "--rm", "busybox", "sh")
    terminal.expect(b"# ")
    terminal.type(b"echo $((40+2))\r")
    terminal.expect(b"42")
    fcntl.ioctl(terminal.master, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 101, 0, 0))
    terminal.type(b"until stty size | grep 33.101; do :; done\r")
    terminal.expect(b"33 101\r")
    terminal.type(b"sleep 100\r")
    time.sleep(0.3)
    terminal.type(b"\x03echo in$((1+1))rupted; exit 5\r")
    terminal.expect(b"in2rupted")
    assert terminal.end() == 5


def test_the_detach_keys_leave_the_container_running(shared_daemon: Daemon):
    terminal = Terminal(shared_daemon, "run", "-it", "--name", "box", "busybox", "sh")
    terminal.expect(b"# ")
    terminal.type(b"\x10\x11")
    assert terminal.end() == 0
    assert "Up" in output(shared_daemon, "ps")
    again = Terminal(shared_daemon, "attach", "box")
    again.type(b"exit 6\r")
    assert again.end() == 6


def test_signals_are_passed_on(shared_daemon: Daemon):
    script = "trap 'echo got; exit 9' TERM; echo ready; while :; do sleep 0.1; done"
    process = shared_daemon.popen(shared_daemon.python, "-m", "core", "run", "--rm", "busybox", "sh", "-c", script)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=20)
    assert (rest, process.returncode) == (b"got\n", 9)


def test_bars_are_drawn_on_a_terminal(daemon: Daemon):
    terminal = Terminal(daemon, "pull", "busybox")
    terminal.expect(b"Pull complete")
    assert terminal.end() == 0
    assert b"\x1b[" in terminal.seen


def test_live_stats(shared_daemon: Daemon):
    output(shared_daemon, "run", "-d", "--name", "box", "busybox", "sleep", "60")
    output(shared_daemon, "run", "-d", "--name", "brief", "busybox", "sleep", "60")
    terminal = Terminal(shared_daemon, "stats")
    terminal.expect(b"box")
    output(shared_daemon, "rm", "-f", "brief")
    frames = terminal.frames(seconds=3)
    terminal.type(b"\x03")
    assert terminal.end() == 130
    assert frames < 60  # a few a second, and no more because one of two has ended


def test_the_plan_of_a_container_is_shown(shared_daemon: Daemon):
    output(shared_daemon, "run", "-d", "--name", "box", "-v", "data:/data", "busybox", "sleep", "60")
    plan = output(shared_daemon, "inspect", "--plan", "box").splitlines()
    assert any("pivot_root" in step for step in plan)
    assert any("execve" in step and "sleep" in step for step in plan)
    assert any("/data" in step for step in plan)
    assert [step.split()[0] for step in plan] == [str(number) for number in range(len(plan))]
    output(shared_daemon, "rm", "-f", "box")
    output(shared_daemon, "create", "--name", "box", "busybox", "nothing-like-this")
    assert "nothing-like-this" in output(shared_daemon, "inspect", "--plan", "box")
