"""Where the demonstration plays: a network namespace and directories of its own, which leave nothing behind."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from pyroute2 import IPRoute

from core.host.audit import audit
from core.host.records import read_records
from core.host.removal import remove
from core.host.traces import Territory, Trace, find_traces
from sdk.linux.mount import UnmountFlag, mount, umount
from sdk.linux.namespaces import CLONE_NEWNET, open_network_namespace, setns, unshare

_START_SECONDS = 30.0
_STOP_SECONDS = 20.0
_SETTLE_SECONDS = 3.0


class DemoFailed(Exception):
    """The demonstration cannot go on; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Stage:
    """`network` is a descriptor of the namespace; everything else is below `directory`, on a tmpfs."""

    directory: Path
    network: int
    home: int

    @property
    def socket(self) -> Path:
        return self.directory / "core.sock"

    @property
    def roots(self) -> tuple[Path, Path]:
        """The data root and the exec root."""
        return self.directory / "data", self.directory / "run"

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Move this thread, and what it starts, into the stage's network."""
        setns(self.network, CLONE_NEWNET)
        try:
            yield
        finally:
            setns(self.home, CLONE_NEWNET)

    def leaks(self) -> list[Trace]:
        """Return what belongs to no record; the kernel gets a moment."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        with self.entered():
            while (left := audit(*self.roots)) and time.monotonic() < deadline:
                time.sleep(0.05)
        return left

    def clear(self) -> None:
        """Remove every trace of the daemon, whatever state it was left in."""
        with self.entered():
            for trace in find_traces(Territory(*self.roots, read_records(self.roots[0]).instance)):
                remove(trace)


@contextmanager
def open_stage() -> Iterator[Stage]:
    """Make the stage; at the end it is gone, also after an error."""
    with ExitStack() as undo:
        directory = Path(f"/run/core-demo-{secrets.token_hex(3)}")
        directory.mkdir(mode=0o711)
        undo.callback(directory.rmdir)
        mount("core-demo", str(directory), "tmpfs", data="mode=0711")
        undo.callback(umount, str(directory), UnmountFlag.DETACH)
        home = open_network_namespace()
        undo.callback(os.close, home)
        network = _new_network(home)
        undo.callback(os.close, network)
        stage = Stage(directory, network, home)
        undo.callback(stage.clear)
        yield stage


def _new_network(home: int) -> int:
    """Make a network namespace with a loopback that is up; it ends with the last descriptor and process."""
    unshare(CLONE_NEWNET)
    try:
        with IPRoute() as route:
            route.link("set", index=route.link_lookup(ifname="lo")[0], state="up")
        return open_network_namespace()
    finally:
        setns(home, CLONE_NEWNET)


@contextmanager
def serve(stage: Stage, flags: Sequence[str], environment: dict[str, str]) -> Iterator[None]:
    """Run `core serve` on the stage until the block ends. Raises DemoFailed with what the daemon said."""
    data_root, exec_root = stage.roots
    log = stage.directory / "daemon.log"
    words = ["-H", f"unix://{stage.socket}", "--data-root", str(data_root), "--exec-root", str(exec_root)]
    with stage.entered(), log.open("wb") as said:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "core", "serve", *words, "--pidfile", str(stage.directory / "core.pid"), *flags],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env=os.environ | environment,
            start_new_session=True,  # Ctrl-C is ours: the daemon is stopped in order
        )
    try:
        _await(stage, daemon, log)
        yield
    finally:
        _stop(daemon)


def _await(stage: Stage, daemon: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(stage.socket), verify=False)) as client:
        while True:
            try:
                if client.get("http://core/_ping").is_success:
                    return
            except httpx.TransportError:
                if daemon.poll() is not None or time.monotonic() > deadline:
                    last = log.read_text(errors="replace").strip().splitlines()[-1:]
                    raise DemoFailed(f"the daemon did not start: {''.join(last)}") from None
                time.sleep(0.02)


def _stop(daemon: subprocess.Popen[bytes]) -> None:
    daemon.send_signal(signal.SIGTERM)
    try:
        daemon.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()
