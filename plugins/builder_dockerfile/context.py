"""The Dockerfile and the .dockerignore: found where the request says, read inside their directory."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from plugins.builder_dockerfile.language.errors import DockerfileError
from plugins.builder_dockerfile.language.ignore import IgnoreRules, read_ignore
from sdk.engine.builds import BuildRequest
from sdk.errors import BuildFailed
from sdk.linux.openat import open_in_root

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
    """Return the Dockerfile's text. One of the usual name may also be written in lower case. Raises BuildFailed if there is none."""
    if request.dockerfile_text is not None:
        return request.dockerfile_text
    directory = request.dockerfile_directory or request.context
    text = _read(directory, request.dockerfile) if directory else None
    if text is None and directory and request.dockerfile == _DEFAULT:
        text = _read(directory, _DEFAULT.lower())
    if text is None:
        raise BuildFailed(f"failed to read dockerfile: open {request.dockerfile}: no such file or directory")
    return text


def read_rules(request: BuildRequest) -> IgnoreRules:
    """Return the ignore rules: those beside the Dockerfile under its name before the context's own. Raises BuildFailed."""
    beside = request.dockerfile_directory or request.context
    text = _read(beside, f"{request.dockerfile}.dockerignore") if beside and request.dockerfile_text is None else None
    if text is None and request.context:
        text = _read(request.context, ".dockerignore")
    try:
        return read_ignore(text or "")
    except DockerfileError as error:
        raise BuildFailed(f"error reading .dockerignore: {error}", file=".dockerignore") from error


def _read(directory: Path, name: str) -> str | None:
    with opened_directory(directory) as root:
        try:
            file = open_in_root(root, name, os.O_RDONLY)
        except OSError:
            return None
        with open(file, encoding="utf-8", errors="surrogateescape", newline="") as content:
            return content.read()
