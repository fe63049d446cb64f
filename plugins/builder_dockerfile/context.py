"""The Dockerfile and the .dockerignore: found where the request says, read inside their directory.

A context holds what its author likes, also files that are none: what is no regular file is refused without being opened.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from plugins.builder_dockerfile.language.errors import DockerfileError
from plugins.builder_dockerfile.language.ignore import IgnoreRules, read_ignore
from sdk.engine.builds import BuildRequest
from sdk.errors import BuildFailed
from sdk.linux.openat import open_regular

_LONGEST = 16 << 20
"""Bytes of a Dockerfile or a .dockerignore: both are read whole."""

_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})

_DEFAULT = "Dockerfile"


@contextmanager
def opened_directory(directory: Path) -> Iterator[int]:
    """Give a descriptor (O_PATH) of a directory."""
    root = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield root
    finally:
        os.close(root)


def read_definition(request: BuildRequest) -> str:
    """Return the Dockerfile's text. One of the usual name may also be written in lower case. Blocks. Raises BuildFailed if there is none,
    or if it is not a regular file."""
    if request.dockerfile_text is not None:
        return request.dockerfile_text
    directory = request.dockerfile_directory or request.context
    try:
        text = _read(directory, request.dockerfile) if directory else None
        if text is None and directory and request.dockerfile == _DEFAULT:
            text = _read(directory, _DEFAULT.lower())
    except OSError as error:
        raise BuildFailed(f"failed to read dockerfile: {_reason(error, request.dockerfile)}") from error
    if text is None:
        raise BuildFailed(f"failed to read dockerfile: open {request.dockerfile}: no such file or directory")
    return text


def read_rules(request: BuildRequest) -> IgnoreRules:
    """Return the ignore rules: those beside the Dockerfile under its name before the context's own. Blocks. Raises BuildFailed."""
    beside = request.dockerfile_directory or request.context
    own = f"{request.dockerfile}.dockerignore"
    text = _ignore_file(beside, own) if beside and request.dockerfile_text is None else None
    if text is None and request.context:
        text = _ignore_file(request.context, ".dockerignore")
    try:
        return read_ignore(text or "")
    except DockerfileError as error:
        raise BuildFailed(f"error reading .dockerignore: {error}", file=".dockerignore") from error


def _ignore_file(directory: Path, name: str) -> str | None:
    try:
        return _read(directory, name)
    except OSError as error:
        raise BuildFailed(f"error reading .dockerignore: {_reason(error, name)}", file=".dockerignore") from error


def _read(directory: Path, name: str) -> str | None:
    """Return a file's text, None if there is none. Raises OSError for what is no file, or a file too long."""
    with opened_directory(directory) as root:
        try:
            file = open_regular(root, name)
        except OSError as error:
            if error.errno in _ABSENT:
                return None
            raise
        with open(file, encoding="utf-8", errors="surrogateescape", newline="") as content:
            if os.fstat(file).st_size > _LONGEST:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), name)
            return content.read()


def _reason(error: OSError, name: str) -> str:
    operation = "read" if error.errno in (errno.EISDIR, errno.EFBIG) else "open"
    return f"{operation} {name}: {(error.strerror or '').lower()}"
