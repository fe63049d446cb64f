"""Where a plugin of a name listens: sockets first, then the files that say an address."""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from sdk.errors import InvalidArgument
from sdk.linux.regular import read_regular
from sdk.text import UNREADABLE, unreadable_reason


class Tls(Struct, frozen=True):
    """What a .json file says about TLS, in Docker's words."""

    insecure_skip_verify: bool = msgspec.field(name="InsecureSkipVerify", default=False)
    ca_file: str = msgspec.field(name="CAFile", default="")
    cert_file: str = msgspec.field(name="CertFile", default="")
    key_file: str = msgspec.field(name="KeyFile", default="")


class Address(Struct, frozen=True):
    """`url` is unix://PATH, tcp://HOST:PORT, http:// or https://."""

    url: str = msgspec.field(name="Addr")
    tls: Tls | None = msgspec.field(name="TLSConfig", default=None)


_LONGEST_NAME = 255 - len(".spec")
"""Bytes; a file's name may have 255 (pathconf(3), _PC_NAME_MAX)."""


_LONGEST_FILE = 1 << 20
"""Bytes; such a file has a few hundred."""


def find_address(name: str, sockets: Sequence[Path], specs: Sequence[Path]) -> Address | None:
    """Return where a plugin listens, None if nothing says so. Raises InvalidArgument for a file that cannot be understood."""
    if not _is_file_name(name):
        return None
    for path in _places(name, sockets, (".sock",)):
        if _is_socket(path):
            return Address(f"unix://{path}")
    for path in _places(name, specs, (".spec", ".json")):
        with suppress(FileNotFoundError, NotADirectoryError):
            return _read(path)
    return None


def _is_file_name(name: str) -> bool:
    return not (name.startswith(".") or "/" in name or "\0" in name or len(os.fsencode(name)) > _LONGEST_NAME)


def list_names(sockets: Sequence[Path], specs: Sequence[Path]) -> tuple[str, ...]:
    """Return the names of all plugins that some file speaks of."""
    suffixes = ((sockets, (".sock",)), (specs, (".spec", ".json")))
    return tuple(sorted({path.stem for places, known in suffixes for path in _files(places) if path.suffix in known}))


def _places(name: str, directories: Sequence[Path], suffixes: Sequence[str]) -> Iterator[Path]:
    for directory in directories:
        for suffix in suffixes:
            yield directory / f"{name}{suffix}"
            yield directory / name / f"{name}{suffix}"


def _files(directories: Sequence[Path]) -> Iterator[Path]:
    for directory in directories:
        yield from directory.glob("*.*")
        yield from (path for path in directory.glob("*/*.*") if path.stem == path.parent.name)


def _is_socket(path: Path) -> bool:
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)
    except OSError:
        return False


def _read(path: Path) -> Address:
    content = _content(path)
    if path.suffix == ".spec":
        return Address(content.decode(errors="replace").strip())
    try:
        return msgspec.json.decode(content, type=Address)
    except UNREADABLE as error:
        raise InvalidArgument(f"{path}: {unreadable_reason(error)}") from error


def _content(path: Path) -> bytes:
    """Return what a file says. Nothing but a regular file is opened: a FIFO would hold the caller up."""
    try:
        return read_regular(path, _LONGEST_FILE)
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError as error:
        raise InvalidArgument(f"{path}: {(error.strerror or '').lower()}") from error
