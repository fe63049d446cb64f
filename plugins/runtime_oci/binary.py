"""The OCI runtime program: find one that works here, and run its commands (runc's command line, which crun shares)."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
from msgspec import Struct

from sdk.errors import SkipPlugin
from sdk.oci import runtime as oci
from sdk.text import UNREADABLE

CANDIDATES = ("crun", "runc")
DIRECTORIES = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TIMEOUT = 60
"""Seconds after which a command counts as failed."""

NO_PROGRAM = "/no-such-program"


class CommandFailed(Exception):
    """A command of the binary failed; the message is its last word, unless it had none."""


class LogLine(Struct, frozen=True):
    """One line of a log in JSON."""

    level: str = ""
    msg: str = ""


class State(Struct, frozen=True):
    """What the command `state` tells; `status` is creating, created, running, paused or stopped."""

    status: str
    pid: int = 0


def last_error(log: bytes) -> str:
    """Return the last error of a JSON log; "" if there is none."""
    for line in reversed(log.splitlines()):
        try:
            entry = msgspec.json.decode(line, type=LogLine)
        except UNREADABLE:
            continue
        if entry.level in ("error", "fatal"):
            return entry.msg
    return ""


@dataclass(frozen=True, slots=True)
class Binary:
    """A program, the directory it keeps its containers' states in, what it says of its version, and the arguments in front of every
    command."""

    path: str
    root: Path
    version: str = ""
    arguments: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return os.path.basename(self.path)

    def command(self, *words: str | Path, log: Path | None = None) -> tuple[str, ...]:
        """Return the arguments of a command, which logs to a file if that is given."""
        logging = ("--log", str(log), "--log-format", "json") if log else ()
        return (self.path, *self.arguments, "--root", str(self.root), *logging, *map(str, words))

    def run(self, *words: str | Path, stdin: bytes = b"") -> bytes:
        """Run a command and return its output. Blocks. Raises CommandFailed."""
        try:
            done = subprocess.run(self.command(*words), input=stdin, capture_output=True, timeout=TIMEOUT, check=False)
        except subprocess.TimeoutExpired:
            raise CommandFailed(f"{self.name} {words[0]}: no answer in {TIMEOUT} s") from None
        if done.returncode:
            raise CommandFailed(_complaint(done.stderr) or f"{self.name} {words[0]} failed with status {done.returncode}")
        return done.stdout

    def state(self, container_id: str) -> State | None:
        """Return a container's state; None if it is not known. Blocks."""
        try:
            return msgspec.json.decode(self.run("state", container_id), type=State)
        except (CommandFailed, *UNREADABLE):
            return None

    def known(self) -> list[str]:
        """Return the IDs of the containers it has a state of."""
        return sorted(os.listdir(self.root)) if self.root.is_dir() else []

    def forget(self, container_id: str) -> None:
        """Remove what a container's state left behind when the binary was killed while it made it; idempotent."""
        shutil.rmtree(self.root / container_id, ignore_errors=True)


def _complaint(stderr: bytes) -> str:
    lines = stderr.decode(errors="replace").strip().splitlines()
    if not lines:
        return ""
    _, found, message = lines[-1].partition('msg="')  # logrus, which runc logs with unless it is asked for JSON
    return message.removesuffix('"').replace('\\"', '"') if found else lines[-1]


def find_binary(wanted: str, exec_root: Path, arguments: tuple[str, ...] = ()) -> Binary:
    """Return the first binary that can make a container here. Blocks. Raises SkipPlugin, which says what each one lacked."""
    complaints = []
    for name in (wanted,) if wanted else CANDIDATES:
        path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{DIRECTORIES}")
        if path is None:
            complaints.append(f"{name}: not installed")
            continue
        binary = Binary(path, exec_root / os.path.basename(path), arguments=arguments)
        if complaint := probe(binary):
            complaints.append(f"{name}: {complaint}")
            continue
        return replace(binary, version=binary.run("--version").decode(errors="replace").partition("\n")[0])
    raise SkipPlugin(f"no OCI runtime works here ({'; '.join(complaints)})")


def probe(binary: Binary) -> str:
    """Return why the binary cannot make containers here; "" if it can. Blocks.

    It is asked for a container whose program does not exist: one that works gets so far as to notice.
    """
    with tempfile.TemporaryDirectory(prefix="probe-", dir=binary.root.parent) as directory:
        bundle = Path(directory)
        for name in ("proc", "dev"):
            (bundle / "rootfs" / name).mkdir(parents=True)
        (bundle / "config.json").write_bytes(msgspec.json.encode(_probe_spec(bundle.name)))
        try:
            binary.run("run", "--bundle", bundle, bundle.name)
        except CommandFailed as error:
            return "" if NO_PROGRAM in str(error) else str(error)
    return "it runs what does not exist"


def _probe_spec(name: str) -> oci.Spec:
    namespaces: Sequence[str] = ("mount", "pid", "ipc", "uts")
    return oci.Spec(
        oci_version="1.0.2",
        process=oci.Process(args=(NO_PROGRAM,), cwd="/", user=oci.User(), env=("PATH=/",)),
        root=oci.Root("rootfs"),
        mounts=(oci.Mount("/proc", "proc", "proc"), oci.Mount("/dev", "tmpfs", "tmpfs")),
        linux=oci.Linux(namespaces=tuple(oci.Namespace(kind) for kind in namespaces), cgroups_path=f"/{name}"),
    )
