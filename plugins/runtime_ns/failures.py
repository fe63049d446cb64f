"""Docker's sentences and exit codes for processes that could not be started."""

import errno
import os

from sdk.errors import StartFailed
from sdk.shim.launch import PlanFailed

_START = (
    "failed to create task for container: failed to create shim task: OCI runtime create failed: "
    "unable to start container process: error during container init: {}: unknown"
)
_EXEC = "OCI runtime exec failed: exec failed: unable to start container process: {}: unknown"
_VICE_VERSA = ": Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type"


def start_failed(failure: PlanFailed) -> StartFailed:
    """Return the error for a container."""
    sentence = _sentence(failure)
    ending = _VICE_VERSA if sentence.endswith("not a directory") else _ending(sentence)
    return StartFailed(_START.format(sentence) + ending, _exit_code(sentence))


def exec_failed(failure: PlanFailed) -> StartFailed:
    """Return the error for a further process."""
    sentence = _sentence(failure)
    return StartFailed(_EXEC.format(sentence) + _ending(sentence), _exit_code(sentence))


def _ending(sentence: str) -> str:
    """Return the words by which clients know that a program may not be executed, which a directory has become by being one."""
    return ": permission denied" if sentence.endswith(": is a directory") else ""


def _sentence(failure: PlanFailed) -> str:
    operation, number = failure.operation, failure.errno
    if operation.syscall == "move_mount" and number == errno.EINVAL:
        number = errno.ENOTDIR  # what mount(2) says of a file on a directory
    error = os.strerror(number).lower()
    complaint = operation.complaint or f"{operation.syscall} ({operation.reason}): {{error}}"
    return complaint.replace("{error}", error)


def _exit_code(sentence: str) -> int:
    """Return what Docker's clients expect, who go by the words as well."""
    if "executable file not found" in sentence or "no such file or directory" in sentence or "not a directory" in sentence:
        return 127
    if "permission denied" in sentence or "is a directory" in sentence:
        return 126
    return 128
