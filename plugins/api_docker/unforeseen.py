"""The one door for errors that no code foresaw: what a client reads of them is Docker's words, never Python's."""

import errno
import os

from sdk.errors import EngineError, InvalidArgument, ResourceExhausted

_FULL = (errno.ENOSPC, errno.EDQUOT)
_INTERNAL = "internal error: the daemon's log says more"


def in_words(error: BaseException) -> EngineError:
    """Return what a client is told.

    What only a request can be the cause of is its fault: text that no file system takes, nesting that no program follows.
    """
    match error:
        case EngineError():
            return error
        case BaseExceptionGroup(exceptions=(first, *_)):
            return in_words(first)
        case OSError(errno=int()):
            return _of_system(error)
        case RecursionError():
            return InvalidArgument("invalid JSON: exceeded max depth")
        case MemoryError():
            return ResourceExhausted("cannot allocate memory")
        case UnicodeError():
            return InvalidArgument("invalid argument: not valid UTF-8")
        case ValueError() if "embedded null" in str(error):
            return InvalidArgument("invalid argument: it holds a null byte")
        case _:
            return EngineError(_INTERNAL)


def _of_system(error: OSError) -> EngineError:
    assert error.errno is not None
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    sentence = f"{where}{os.strerror(error.errno).lower()}"
    if error.errno in _FULL:
        return ResourceExhausted(sentence)
    return InvalidArgument(sentence) if error.errno == errno.ENAMETOOLONG else EngineError(sentence)
