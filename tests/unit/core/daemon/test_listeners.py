import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from core.daemon.listeners import ListenOptions, TLSFiles, open_listeners
from sdk.errors import InvalidArgument


def test_a_unix_socket_is_private_and_removed_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "s.sock"
    (listener,) = open_listeners([f"unix://{path}"], ListenOptions())
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    listener.close()
    assert not path.exists()


def test_a_stale_socket_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    (listener,) = open_listeners([f"unix://{path}"], ListenOptions())
    listener.close()


def test_a_live_socket_is_refused_and_left_alone(tmp_path: Path) -> None:
    (first,) = open_listeners([f"unix://{tmp_path}/s.sock"], ListenOptions())
    with pytest.raises(InvalidArgument, match="another process listens there"):
        open_listeners([f"unix://{tmp_path}/s.sock"], ListenOptions())
    assert (tmp_path / "s.sock").exists()
    first.close()


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.sock").write_text("mine")
    with pytest.raises(InvalidArgument, match="not a socket"):
        open_listeners([f"unix://{tmp_path}/s.sock"], ListenOptions())
    assert (tmp_path / "s.sock").read_text() == "mine"


def test_all_or_none(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument):
        open_listeners([f"unix://{tmp_path}/s.sock", "http://x"], ListenOptions())
    assert not (tmp_path / "s.sock").exists()


@pytest.mark.parametrize("host", ["0.0.0.0:0", "[::]:0", "192.0.2.1:2375", "example.org:1"])
def test_plain_tcp_off_loopback_is_refused(host: str) -> None:
    with pytest.raises(InvalidArgument, match="refusing to listen"):
        open_listeners([f"tcp://{host}"], ListenOptions())


def test_plain_tcp_off_loopback_may_be_allowed() -> None:
    (listener,) = open_listeners(["tcp://0.0.0.0:0"], ListenOptions(allow_plain_tcp=True))
    assert listener.tls is None
    listener.close()


@pytest.mark.parametrize("host", ["127.0.0.1:0", "localhost:0", "[::1]:0"])
def test_plain_tcp_on_loopback_is_open(host: str) -> None:
    (listener,) = open_listeners([f"tcp://{host}"], ListenOptions())
    assert listener.socket.getsockname()[1] > 0
    with socket.create_connection(listener.socket.getsockname()[:2]):
        accepted, _ = listener.socket.accept()
        assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        accepted.close()
    listener.close()


def test_unusable_tls_files_are_named(tmp_path: Path) -> None:
    options = ListenOptions(tls=TLSFiles(tmp_path / "cert.pem", tmp_path / "key.pem"))
    with pytest.raises(InvalidArgument, match=r"cert\.pem"):
        open_listeners(["tcp://127.0.0.1:0"], options)


def test_without_systemd_fd_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LISTEN_PID", raising=False)
    with pytest.raises(InvalidArgument, match="socket activation"):
        open_listeners(["fd://"], ListenOptions())


def test_a_socket_passed_by_systemd_is_served(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as passed:
        passed.bind(f"{tmp_path}/s.sock")
        passed.listen()
        code = (
            "import os; os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1', LISTEN_FDNAMES='core.socket')\n"
            "from core.daemon.listeners import *\n"
            "(l,) = open_listeners(['fd://'], ListenOptions())\n"
            "print(l.address, l.socket.getsockname(), l.socket.get_inheritable())"
        )
        shell = f'exec {sys.executable} -c "$CODE" 3<&{passed.fileno()}'
        done = subprocess.run(
            ["bash", "-c", shell],
            env={**os.environ, "CODE": code},
            pass_fds=[passed.fileno()],
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stdout.split() == ["fd://3", f"{tmp_path}/s.sock", "False"]
