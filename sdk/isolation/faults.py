"""Errors on the wire: by the name of their class, which is one of the sdk's, or of the operating system's.

A driver in another process can raise each error that one in the daemon can, with any text, and nothing else.
"""

import errno
import os

from sdk import errors
from sdk.errors import EngineError
from sdk.isolation.frames import Field, Raised

_SYSTEM = "OSError"


class PluginFailure(Exception):
    """A driver raised something that its interface does not foresee; the message is what it said."""


def pack_fault(number: int, error: BaseException) -> Raised:
    """Return what is sent of an error that a call raised."""
    if isinstance(error, EngineError):
        name = next(each.__name__ for each in type(error).__mro__ if each.__module__ == errors.__name__)
        fields = {key: value for key, value in vars(error).items() if isinstance(value, Field)}
        return Raised(number, name, _sendable(error.message), {key: _plain(value) for key, value in fields.items()})
    if isinstance(error, OSError) and error.errno:
        where = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else None
        return Raised(number, _SYSTEM, _sendable(error.strerror or ""), {"errno": error.errno, "filename": _plain(where)})
    name = "ValueError" if isinstance(error, ValueError) else ""
    said = str(error) if isinstance(error, Exception) else ""
    return Raised(number, name, _sendable(said or type(error).__name__))


def unpack_fault(raised: Raised) -> Exception:
    """Return the error that a call raised. Classes of the sdk are made without their constructors, which build a sentence from fields.

    One that lacks a field of its class, as from another version of the sdk, is a PluginFailure.
    """
    known = vars(errors).get(raised.name)
    if isinstance(known, type) and issubclass(known, EngineError):
        error = known.__new__(known)
        error.__dict__.update(raised.fields)
        error.message, error.args = raised.text, (raised.text,)
        return error if _is_whole(error) else PluginFailure(raised.text)
    if raised.name == _SYSTEM:
        return _system_error(raised)
    return ValueError(raised.text) if raised.name == "ValueError" else PluginFailure(raised.text)


def _is_whole(error: EngineError) -> bool:
    promised = {name: kind for each in type(error).__mro__ for name, kind in vars(each).get("__annotations__", {}).items()}
    return all(isinstance(vars(error).get(name), kind) for name, kind in promised.items())


def _system_error(raised: Raised) -> OSError:
    code, where = raised.fields.get("errno"), raised.fields.get("filename")
    code = code if isinstance(code, int) else errno.EIO
    return OSError(code, raised.text, where) if isinstance(where, str) else OSError(code, raised.text)


def _plain(value: Field) -> Field:
    return _sendable(value) if isinstance(value, str) else value


def _sendable(text: str) -> str:
    """Return a text without what UTF-8 has no bytes for."""
    return text.encode("utf-8", "backslashreplace").decode()
