"""Interactive use in a real terminal (tmux): job control, resizing, detaching, an editor."""

import secrets
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.asking import eventually
from tests.daemon import Daemon

pytestmark = [pytest.mark.privileged, pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")]


HOST, BOX = "host-2", "box-2"


class Terminal:
    """One window of a tmux server of its own."""

    def __init__(self, daemon: Daemon, columns: int = 100, rows: int = 30) -> None:
        self._server = f"core-{secrets.token_hex(4)}"
        environment = {name: value for name, value in daemon.client_environment().items() if name.startswith("DOCKER_")}
        words = [
            "env",
            *(f"{name}={value}" for name, value in environment.items()),
            "PS1=host-$((1 + 1))> ",
            *daemon.network.command(["sh"]),
        ]
        self._tmux("new-session", "-d", "-x", str(columns), "-y", str(rows), shlex.join(words))

    def type(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)
        self._tmux("send-keys", "Enter")

    def press(self, *keys: str) -> None:
        self._tmux("send-keys", *keys)

    def resize(self, columns: int, rows: int) -> None:
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def screen(self) -> str:
        return self._tmux("capture-pane", "-p")

    def expect(self, text: str, seconds: float = 30) -> str:
        deadline = time.monotonic() + seconds
        while text not in (seen := self.screen()):
            assert time.monotonic() < deadline, f"{text!r} does not appear:\n{seen}"
            time.sleep(0.05)
        return seen

    def ask(self, command: str, text: str) -> None:
        """Type a command again and again until a text appears: what it tells of takes its time."""

        def seen() -> bool:
            self.type(command)
            time.sleep(0.2)
            return text in self.screen()

        eventually(seen, self.screen)

    def expect_host(self) -> None:
        """Wait for the shell outside. Commands begin with `clear`, and the prompt is computed, so neither can be an older text."""
        self.expect(f"{HOST}>")

    def close(self) -> None:
        subprocess.run(["tmux", "-L", self._server, "kill-server"], check=False, capture_output=True)

    def _tmux(self, *words: str) -> str:
        return subprocess.run(["tmux", "-L", self._server, *words], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def terminal(shared_daemon: Daemon) -> Iterator[Terminal]:
    window = Terminal(shared_daemon)
    window.expect_host()
    yield window
    window.close()


def shell_in_container(terminal: Terminal, name: str) -> None:
    terminal.type(f"clear; docker run -it --name {name} -e PS1='box-$((1 + 1))> ' busybox sh")
    terminal.expect(f"{BOX}>")


def is_foreground(docker, name: str, command: str) -> bool:
    """Tell whether a command of a container is what its terminal sends signals to (proc(5): pgrp and tpgid in stat)."""
    for line in docker("top", name).splitlines():
        if line.endswith(command):
            fields = Path("/proc", line.split()[1], "stat").read_text().rpartition(")")[2].split()
            return fields[2] == fields[5] and fields[0] != "T"
    return False


def test_job_control(terminal: Terminal, docker):
    shell_in_container(terminal, "jobs")
    terminal.type("sleep 1000")
    eventually(lambda: is_foreground(docker, "jobs", "sleep 1000"))
    terminal.press("C-z")
    terminal.expect("Stopped")
    terminal.type("bg; jobs")
    terminal.expect("Running")
    terminal.type("fg")
    eventually(lambda: is_foreground(docker, "jobs", "sleep 1000"))
    terminal.press("C-c")
    terminal.type("echo status $?")
    terminal.expect("status 130")
    terminal.press("C-d")
    terminal.expect_host()
    assert docker("inspect", "--format", "{{.State.ExitCode}}", "jobs") in ("0", "130")


def test_resizing_reaches_the_process(terminal: Terminal):
    shell_in_container(terminal, "size")
    terminal.type("stty size")
    terminal.expect("30 100")
    terminal.type("trap 'echo winch' WINCH")
    terminal.resize(77, 22)
    terminal.ask("stty size", "22 77")
    terminal.type("exit 3")
    terminal.expect_host()


def test_detach_and_attach(terminal: Terminal, docker):
    shell_in_container(terminal, "shell")
    terminal.type("x=kept")
    terminal.expect(f"x=kept\n{BOX}>")  # the client looks for the keys in each read by itself
    terminal.press("C-p")
    terminal.press("C-q")
    terminal.expect_host()
    assert docker("inspect", "--format", "{{.State.Running}}", "shell") == "true"
    terminal.type("clear; docker attach shell")
    terminal.ask("", f"{BOX}>")
    terminal.type("echo still $x")
    terminal.expect("still kept")
    terminal.type("exit")
    terminal.expect_host()
    assert docker("inspect", "--format", "{{.State.Status}}", "shell") == "exited"


def test_an_editor(terminal: Terminal, docker):
    shell_in_container(terminal, "editor")
    terminal.type("vi /tmp/note")
    terminal.expect("~")
    terminal.press("i")
    terminal.type("first line")
    terminal.type("second line")
    terminal.expect("second line")
    terminal.press("Escape")
    terminal.expect("- /tmp/note")
    terminal.press("k")
    terminal.press("d", "d")
    terminal.type(":wq")
    terminal.type("clear; cat /tmp/note")
    terminal.expect("first line")
    assert docker("exec", "editor", "cat", "/tmp/note").split("\n")[0] == "first line"
    terminal.press("C-d")
    terminal.expect_host()


def test_exec_is_interactive_too(terminal: Terminal, docker):
    docker("run", "-d", "--name", "target", "busybox", "sleep", "1000")
    terminal.type("clear; docker exec -it -e PS1='in-$((1 + 1))> ' target sh")
    terminal.expect("in-2>")
    terminal.type("tty; echo $((6 * 7))")
    terminal.expect("42")
    assert "/dev/pts/" in terminal.screen()
    terminal.type("exit")
    terminal.expect_host()
