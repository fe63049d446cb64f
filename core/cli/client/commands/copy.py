"""`core cp`: files between a container and this machine, as tar archives."""

import base64
import os
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated

import httpx
import msgspec
import typer

from core.cli.client.connection.api import Api, ApiError, connect, decoded
from core.cli.client.connection.failure import exits

_CHUNK = 1 << 18
_GO_DIRECTORY = 1 << 31
_SPOOL = 8 << 20
_STAT = "X-Docker-Container-Path-Stat"


class _Stat(msgspec.Struct):
    name: str = ""
    mode: int = 0


@exits()
def cp(
    source: Annotated[str, typer.Argument(help="CONTAINER:PATH, PATH, or - for a tar on stdin.")],
    target: Annotated[str, typer.Argument(help="CONTAINER:PATH, PATH, or - for a tar on stdout.")],
    archive: Annotated[bool, typer.Option("--archive", "-a", help="Keep user and group.")] = False,
) -> None:
    """Copy files out of a container or into one."""
    from_container, from_path = _split(source)
    to_container, to_path = _split(target)
    if bool(from_container) == bool(to_container):
        print("core: exactly one of source and target must be CONTAINER:PATH", file=sys.stderr)
        sys.exit(1)
    if from_container:
        _copy_out(connect(), from_container, from_path, to_path)
    else:
        _copy_in(connect(), from_path, to_container, to_path, keep_owner=archive)


def _split(text: str) -> tuple[str, str]:
    """Return the container, "" for this machine, and the path."""
    container, colon, path = text.partition(":")
    return (container, path) if colon and not text.startswith(("/", ".")) else ("", text)


def _copy_out(api: Api, container: str, path: str, target: str) -> None:
    with api.stream("GET", f"/containers/{container}/archive", {"path": path}) as reply:
        if target == "-":
            show_archive(reply)
            return
        with tempfile.SpooledTemporaryFile(max_size=_SPOOL) as spool:
            for chunk in reply.iter_raw():
                spool.write(chunk)
            spool.seek(0)
            _unpack(spool, Path(target), contents=path.endswith("/."))


def _unpack(content: IO[bytes], target: Path, *, contents: bool) -> None:
    """Unpack into an existing directory, or as a new file or directory of that name, as cp(1) does. Raises ApiError."""
    directory, name = (target, "") if target.is_dir() else (target.parent, target.name)
    if not directory.is_dir():
        raise ApiError(0, f"no such directory: {directory}")
    with _failures(), tarfile.open(fileobj=content) as members:
        if hasattr(tarfile, "tar_filter"):  # Python 3.11 before 3.11.4 has none
            members.extraction_filter = tarfile.tar_filter
        for member in members:
            member.name = _renamed(member.name, "." if contents and not name else name)
            if member.islnk():
                member.linkname = _renamed(member.linkname, name)
            _require_inside(directory, member.name)
            _make_room(directory / member.name, member.name, is_directory=member.isdir())
            members.extract(member, directory)


@contextmanager
def _failures() -> Iterator[None]:
    """Turn what goes wrong with files here, or with the archive, into a sentence."""
    try:
        yield
    except tarfile.TarError as error:
        raise ApiError(0, f"the archive cannot be read: {error}") from error
    except OSError as error:
        raise ApiError(0, f"{error.filename or 'copy'}: {(error.strerror or str(error)).lower()}") from error


def _make_room(place: Path, name: str, *, is_directory: bool) -> None:
    """Remove what is replaced: nothing is written through a link that was there before. Raises ApiError where Docker's client refuses."""
    if not place.is_symlink() and place.is_dir():
        if not is_directory:
            raise ApiError(0, f'cannot overwrite directory "{place}" with non-directory "{name}"')
    elif os.path.lexists(place):
        if is_directory:
            raise ApiError(0, f'cannot overwrite non-directory "{place}" with directory "{name}"')
        place.unlink()


def _require_inside(directory: Path, name: str) -> None:
    """Raise ApiError for a name that leads out of the directory, by itself or by a link that was unpacked before."""
    root = os.path.realpath(directory)
    if os.path.commonpath((root, os.path.realpath(os.path.join(root, os.path.dirname(name))))) != root:
        raise ApiError(0, f"{name} leads out of {directory}")


def _renamed(path: str, first: str) -> str:
    """Replace the first part of a path; "" leaves it."""
    head, slash, rest = path.partition("/")
    return f"{first or head}{slash}{rest}"


def _copy_in(api: Api, source: str, container: str, target: str, *, keep_owner: bool) -> None:
    query = {"copyUIDGID": str(int(keep_owner)), "noOverwriteDirNonDir": "1"}
    path = f"/containers/{container}/archive"
    if source == "-":
        _put(api, path, {**query, "path": target}, sys.stdin.buffer)
        return
    if not os.path.lexists(source):
        raise ApiError(0, f"lstat {source}: no such file or directory")
    directory, name = _destination(api, path, target, source)
    with tempfile.TemporaryFile() as packed:
        with _failures(), tarfile.open(fileobj=packed, mode="w") as members:
            members.add(source, name)
        packed.seek(0)
        _put(api, path, {**query, "path": directory}, packed)


def _destination(api: Api, path: str, target: str, source: str) -> tuple[str, str]:
    """Return the directory in the container to unpack into, and the name there."""
    base = "." if source.endswith("/.") else os.path.basename(os.path.abspath(source))
    if _is_directory(api, path, target):
        return target, base
    if target.endswith("/"):
        raise ApiError(0, f"no such directory: {target}")
    head, _, name = target.rpartition("/")
    return head or "/", name


def _is_directory(api: Api, path: str, target: str) -> bool:
    try:
        with api.stream("HEAD", path, {"path": target}) as reply:
            return bool(_stat(reply).mode & _GO_DIRECTORY)
    except ApiError as error:
        if error.status == 404 and "No such container" not in error.message:
            return False
        raise


def _stat(reply: httpx.Response) -> _Stat:
    """Return what a daemon tells of a path in a header. Raises ApiError."""
    try:
        content = base64.b64decode(reply.headers.get(_STAT, ""), validate=True)
    except ValueError as error:
        raise ApiError(0, f"{_STAT} is not in base64: {error}") from error
    return decoded(content, _Stat, reply.url.path)


def _put(api: Api, path: str, query: dict[str, str], content: IO[bytes]) -> None:
    with api.stream("PUT", path, query, headers={"Content-Type": "application/x-tar"}, content=chunks(content)) as reply:
        reply.read()


def show_archive(reply: httpx.Response) -> None:
    """Write an archive to stdout as it comes."""
    for chunk in reply.iter_raw():
        sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()


def chunks(content: IO[bytes]) -> Iterator[bytes]:
    """Yield what is in a file."""
    while chunk := content.read(_CHUNK):
        yield chunk
