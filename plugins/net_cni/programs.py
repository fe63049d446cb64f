"""Running plugins (CNI 1.0, section 2): parameters by environment, configuration on standard input, answers on standard output."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import Struct

from sdk.errors import DeadlineExceeded, DriverError, EngineError, InvalidArgument, NotFound, Unavailable
from sdk.text import UNREADABLE

_KINDS: dict[int, type[EngineError]] = {
    1: InvalidArgument,  # incompatible version
    2: InvalidArgument,  # unsupported field
    3: NotFound,  # unknown container
    4: InvalidArgument,  # invalid environment
    6: InvalidArgument,  # undecodable content
    7: InvalidArgument,  # invalid network configuration
    11: Unavailable,  # try again later
}


class _Failure(Struct, frozen=True):
    code: int = 0
    msg: str = ""
    details: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """Whose interface a plugin works on. `namespace` is a path."""

    container_id: str
    namespace: str
    interface: str


class Programs:
    """The plugins' programs on this machine. For worker threads."""

    def __init__(self, directories: Sequence[Path], timeout: float) -> None:
        self._directories = directories
        self._path = os.pathsep.join(map(str, directories))
        self._timeout = timeout

    def find(self, name: str) -> Path:
        """Return the path of a plugin. Raises InvalidArgument."""
        for directory in self._directories:
            if os.path.isfile(directory / name) and os.access(
                directory / name, os.X_OK
            ):  # is_file raises for a name that is too long
                return directory / name
        raise InvalidArgument(f'failed to find plugin "{name}" in path [{self._path}]')

    def run(self, name: str, command: str, target: Target, config: bytes, answer: Path) -> None:
        """Run a plugin; what it answers is in the file `answer`, even should this process die meanwhile.

        Raises what the plugin's error code says, DeadlineExceeded.
        """
        environment = {
            "CNI_COMMAND": command,
            "CNI_CONTAINERID": target.container_id,
            "CNI_NETNS": target.namespace,
            "CNI_IFNAME": target.interface,
            "CNI_PATH": self._path,
        }
        with answer.open("wb") as output:
            try:
                done = subprocess.run(
                    [self.find(name)],
                    input=config,
                    stdout=output,
                    stderr=subprocess.PIPE,
                    env=os.environ | environment,
                    timeout=self._timeout,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                raise DeadlineExceeded(f"CNI plugin {name} did not finish {command} in {self._timeout:g} s") from None
            except OSError as error:
                raise DriverError("cni", f"{name} {command}", f"it cannot be run: {(error.strerror or '').lower()}") from error
        if done.returncode:
            raise _error(f"{name} {command}", answer.read_bytes(), done)


def _error(operation: str, answer: bytes, done: subprocess.CompletedProcess[bytes]) -> EngineError:
    """Return what a plugin's answer, or if it has none what it wrote to standard error, means."""
    try:
        failure = msgspec.json.decode(answer, type=_Failure)
    except UNREADABLE:
        failure = _Failure()
    said = ": ".join(filter(None, (failure.msg, failure.details))) or done.stderr.decode(errors="replace").strip()
    text = said or f"exit status {done.returncode}"
    if kind := _KINDS.get(failure.code):
        return kind(f"CNI plugin {operation}: {text}")
    return DriverError("cni", operation, text)
