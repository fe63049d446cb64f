"""`core demo` from beginning to end, and from its middle to a clean end."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from core.cli.demo.image import BUSYBOX
from core.cli.demo.relay import open_relay
from core.cli.demo.stage import DemoFailed, open_stage, serve

pytestmark = pytest.mark.privileged

_NEEDED = pytest.mark.skipif(
    not (BUSYBOX.exists() and shutil.which("docker-registry")), reason="busybox-static or docker-registry is missing"
)


def left_behind() -> set[str]:
    mounts = {line.split()[1] for line in Path("/proc/mounts").read_text().splitlines() if "core-demo" in line}
    directories = {str(path) for path in Path("/run").glob("core-demo-*")}
    processes = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes()
        except OSError:
            continue
        if b"/run/core-demo-" in command:
            processes.add(command.decode())
    return mounts | directories | processes


@pytest.fixture(autouse=True)
def nothing_new_is_left():
    before = left_behind()
    yield
    assert left_behind() <= before


@_NEEDED
def test_the_whole_job():
    done = subprocess.run([sys.executable, "-m", "core", "demo"], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Hello from" in done.stdout
    assert "hello, world" in done.stdout
    assert done.stdout.count("nothing has leaked") == 2
    assert "in all" in done.stdout


@_NEEDED
def test_a_public_registry_that_refuses_is_replaced():
    script = "from core.cli.demo import command; command._public_answers = lambda: True; command.demo()"
    environment = os.environ | {"CORE_PLUGINS__REGISTRY_HUB__RETRIES": "0"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=100, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Docker Hub answers" in done.stdout
    assert "hello, world" in done.stdout


@_NEEDED
@pytest.mark.parametrize(("number", "step"), [(signal.SIGINT, b"start the daemon"), (signal.SIGTERM, b"see what it uses")])
def test_it_cleans_up_when_it_is_stopped(number: signal.Signals, step: bytes):
    process = subprocess.Popen([sys.executable, "-m", "core", "demo"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    while step not in process.stdout.readline():
        assert process.poll() is None
    time.sleep(0.2)
    process.send_signal(number)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"everything was cleaned up" in said


def test_a_daemon_that_cannot_start_is_explained():
    with (
        open_stage() as stage,
        pytest.raises(DemoFailed, match=r"the daemon did not start: .*nosuch"),
        serve(stage, ["--storage-driver", "nosuch"], {}),
    ):
        pytest.fail("it started")


def test_the_relay_leads_out_of_the_stage_and_only_by_connect():
    with socket.create_server(("127.0.0.1", 0)) as outside, open_stage() as stage, open_relay(stage) as proxy:
        port = outside.getsockname()[1]

        def echo() -> None:
            connection, _ = outside.accept()
            with connection:
                while data := connection.recv(1000):
                    connection.sendall(data.upper())

        threading.Thread(target=echo, daemon=True).start()
        host, _, proxy_port = proxy.removeprefix("http://").rpartition(":")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, int(proxy_port)))
        with stage.entered():
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port))
            through = socket.create_connection((host, int(proxy_port)), 10)
            refused = socket.create_connection((host, int(proxy_port)), 10)
        with through, refused:
            through.sendall(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert through.recv(1000) == b"HTTP/1.1 200 Connection established\r\n\r\n"
            through.sendall(b"hello")
            assert through.recv(1000) == b"HELLO"
            through.shutdown(socket.SHUT_WR)
            assert through.recv(1000) == b""
            refused.sendall(b"GET http://x/ HTTP/1.1\r\n\r\n")
            assert refused.recv(1000).startswith(b"HTTP/1.1 405")


def test_without_root_one_sentence_says_what_would_work():
    if os.geteuid() != 0:
        pytest.skip("needs root to give it up")
    done = subprocess.run(
        [sys.executable, "-c", "import os; from core.cli.demo.command import demo; os.setuid(65534); demo()"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "core demo: root is needed to make namespaces and mounts (try sudo); `make test-unit` works without"
    )


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("nftables", "core demo: this kernel lacks nftables, needed for ports; `core run --network none` would still work"),
        ("overlayfs", "the storage driver vfs is used"),
    ],
)
def test_one_sentence_says_what_the_machine_lacks(missing: str, said: str):
    script = f"""
from core.cli.demo import command
from core.host.features import Feature
command.features = lambda: [Feature({missing!r}, False, "", True, "ports")]
command.demo()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=100)
    assert said in done.stdout + done.stderr
    assert done.returncode == (1 if missing == "nftables" else 0), done.stdout + done.stderr


def test_a_machine_that_forbids_namespaces_is_no_traceback():
    script = "from core.cli.demo import command; command.open_stage = lambda: (_ for _ in ()).throw(PermissionError(1, 'unshare'))\ncommand.demo()"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.strip().startswith("core demo: [Errno 1] unshare; a container without privileges")
