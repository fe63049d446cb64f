"""The state file of a shim: the plan it was given, and what the kernel stores into its header while it runs."""

import mmap
import os
import signal
import struct
from pathlib import Path

from sdk.drivers.runtime import ExitStatus
from sdk.shim import layout


class StateFile:
    """A mapped view of the header; reading a field reads what is there now."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._view = mmap.mmap(descriptor, layout.HEADER.size, prot=mmap.PROT_READ)

    @classmethod
    def create(cls, image: bytes, path: Path | None) -> "StateFile":
        """Write a plan to a new file (on tmpfs), or to memory without a name."""
        descriptor = (
            os.memfd_create("plan") if path is None else os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        )
        try:
            with memoryview(image) as rest:
                written = 0
                while written < len(image):
                    written += os.write(descriptor, rest[written:])
            os.pwrite(descriptor, bytes(layout.MARKS_OFFSET + layout.MARKS * layout.MARK.size), _failure_offset(image))
            return cls(descriptor)
        except BaseException:
            os.close(descriptor)
            raise

    @classmethod
    def open(cls, path: Path) -> "StateFile | None":
        """Open the file of an earlier shim; None if there is none, or not a whole one."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        if os.fstat(descriptor).st_size < layout.HEADER.size:
            os.close(descriptor)
            return None
        return cls(descriptor)

    def forget_file(self) -> None:
        """Close the descriptor; the view stays."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def close(self) -> None:
        """Close everything; idempotent."""
        self.forget_file()
        self._view.close()

    @property
    def shim(self) -> int:
        """The shim's process ID."""
        return self._field(layout.SHIM)

    @property
    def pid(self) -> int:
        """The container's process ID."""
        return self._field(layout.PID)

    @property
    def failure(self) -> tuple[int, int] | None:
        """Return the index and the errno of the operation that failed. Both are what a process says that others may have written to."""
        offset = _failure_offset(self._view)
        record = os.pread(self.descriptor, layout.FAILED.size, offset) if offset else b""
        failed, error = layout.FAILED.unpack(record) if len(record) == layout.FAILED.size else (0, 0)
        return (failed - 1, error) if failed else None

    def marks(self, count: int) -> list[int]:
        """Return when a timed plan got to its first so many marks, in nanoseconds since 1970; 0 for one that it did not get to. Others may
        have written there."""
        offset = _failure_offset(self._view) + layout.MARKS_OFFSET
        stored = os.pread(self.descriptor, count * layout.MARK.size, offset)
        return [seconds * 1_000_000_000 + rest for seconds, rest in layout.MARK.iter_unpack(stored)]

    def exit_status(self, at_ns: int) -> ExitStatus | None:
        """Return how the process ended; None if no process waited for it. `at_ns` is used if the time was not stored."""
        status = self._field(layout.STATUS)
        if status == layout.RUNNING:
            return None
        seconds, nanoseconds = struct.unpack_from("<qq", self._view, layout.EXITED)
        return ExitStatus(_exit_code(status), seconds * 1_000_000_000 + nanoseconds or at_ns)

    def _field(self, offset: int) -> int:
        value: int = struct.unpack_from("<i", self._view, offset)[0]
        return value


def _failure_offset(image: bytes | mmap.mmap) -> int:
    offset: int = struct.unpack_from("<q", image, layout.FAILURE_OFFSET)[0]
    return offset


KILLED = 128 + signal.SIGKILL
"""The exit code of a process whose supervisor was killed, and which therefore was."""


def _exit_code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code
