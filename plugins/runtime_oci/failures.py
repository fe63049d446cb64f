"""Errors of crun and runc as Docker's sentences, with the exit codes its clients expect."""

import re
from contextlib import suppress
from pathlib import Path

from plugins.runtime_oci.binary import last_error
from sdk.errors import StartFailed

CREATE = "failed to create task for container: failed to create shim task: OCI runtime create failed: {}: unknown"
EXEC = "OCI runtime exec failed: {}: unknown"

# crun's ways to say what runc says in the words of Go
_NOT_FOUND = re.compile(r"executable file `([^`]*)` not found(?: in \$PATH)?(?:: No such file or directory)?")
_DENIED = re.compile(r"open executable: (?:Permission denied|Operation not permitted)")


def _in_runcs_words(message: str, program: str) -> str:
    if found := _NOT_FOUND.search(message):
        name = found[1]
        why = f"stat {name}: no such file or directory" if "/" in name else "executable file not found in $PATH"
        return f'unable to start container process: exec: "{name}": {why}'
    return _DENIED.sub(f'unable to start container process: exec: "{program}": permission denied', message)


def _exit_code(message: str) -> int:
    if any(words in message for words in ("executable file not found", "no such file or directory", "not a directory")):
        return 127
    if "permission denied" in message or "is a directory" in message:
        return 126
    return 128


def start_failed(message: str, program: str, sentence: str = CREATE) -> StartFailed:
    """Return the error for what the binary said of a container (or, with EXEC, of a further process) that shall run `program`."""
    said = _in_runcs_words(message, program)
    ending = (
        ": permission denied" if said.endswith(": is a directory") else ""
    )  # the words by which clients know that it may not run
    return StartFailed(sentence.format(said) + ending, _exit_code(said))


def reason_of(log: Path, failure: BaseException) -> str:
    """Return why the binary made nothing: its own last words if it left any in its log."""
    with suppress(OSError):
        if said := last_error(log.read_bytes()):
            return said
    return str(failure)
