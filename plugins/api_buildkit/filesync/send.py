"""Send results to a client (moby.filesync.v1.FileSend/DiffCopy): a directory tree, or one file."""

import os
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import BinaryIO

import anyio.to_thread
from grpclib.client import Stream, StreamStreamMethod
from grpclib.exceptions import GRPCError, StreamTerminatedError

from plugins.api_buildkit.connections import CallingConnection
from plugins.api_buildkit.filesync import modes
from plugins.api_buildkit.proto.filesync_grpc import FileSendStub
from plugins.api_buildkit.proto.filesync_pb2 import BytesMessage
from plugins.api_buildkit.proto.fsutil_pb2 import Packet, Stat
from sdk.errors import DataLoss, EngineError
from sdk.linux.openat import open_regular

_CHUNK = 1024 * 1024
_EXPORTER = "buildkit-attachable-exporter-id"
_Packets = Stream[Packet, Packet]


async def send_file(connection: CallingConnection, exporter: int, content: AsyncIterator[bytes]) -> int:
    """Send one file for an exporter, by its number in the request; returns its size. Raises DataLoss when the client refuses it."""
    sent = 0
    try:
        async with FileSendStub(connection).DiffCopy.open(metadata={_EXPORTER: str(exporter)}) as stream:
            await stream.send_request()
            async for chunk in content:
                for start in range(0, len(chunk), _CHUNK):
                    await stream.send_message(BytesMessage(data=chunk[start : start + _CHUNK]))
                sent += len(chunk)
            await stream.end()
            await stream.recv_message()
    except (GRPCError, StreamTerminatedError) as error:
        raise _refusal(error) from error
    return sent


async def send_tree(connection: CallingConnection, exporter: int, root: Path) -> int:
    """Send a directory for an exporter; returns the bytes of the files sent. Raises DataLoss when the client refuses it."""
    method = StreamStreamMethod(connection, "/moby.filesync.v1.FileSend/DiffCopy", Packet, Packet)
    try:
        async with method.open(metadata={_EXPORTER: str(exporter)}) as stream:
            await stream.send_request()
            files = await _list(stream, root)
            return await _answer(stream, root, files)
    except (GRPCError, StreamTerminatedError) as error:
        raise _refusal(error) from error


async def _list(stream: _Packets, root: Path) -> list[str]:
    entries = await anyio.to_thread.run_sync(lambda: list(_walk(root)))
    for entry in entries:
        await stream.send_message(Packet(type=Packet.PACKET_STAT, stat=entry))
    await stream.send_message(Packet(type=Packet.PACKET_STAT))
    return [entry.path for entry in entries]


async def _answer(stream: _Packets, root: Path, files: list[str]) -> int:
    """Send the files the client asks for until it says that it has all."""
    sent = 0
    async for packet in stream:
        match packet.type:
            case Packet.PACKET_REQ:
                sent += await _send_content(stream, packet.id, await anyio.to_thread.run_sync(_opened, root, files, packet.id))
            case Packet.PACKET_FIN:
                await stream.send_message(Packet(type=Packet.PACKET_FIN), end=True)
                return sent
            case Packet.PACKET_ERR:
                raise DataLoss(f"error from receiver: {packet.data.decode(errors='replace')}")
    raise DataLoss("the client stopped in the middle of a directory")


def _opened(root: Path, files: list[str], number: int) -> BinaryIO:
    """Open a file that the client asks for. Raises DataLoss for what is none: a symlink or a device may lead out of the tree."""
    if number >= len(files):
        raise DataLoss(f"the client asks for file {number} of {len(files)}")
    directory = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.lstat(root / files[number]).st_mode):
            raise DataLoss(f"the client asks for the content of {files[number]}, which is no regular file")
        return open(open_regular(directory, files[number]), "rb")  # closed by the sender
    finally:
        os.close(directory)


async def _send_content(stream: _Packets, number: int, opened: BinaryIO) -> int:
    sent = 0
    async with anyio.wrap_file(opened) as file:
        while chunk := await file.read(_CHUNK):
            await stream.send_message(Packet(type=Packet.PACKET_DATA, id=number, data=chunk))
            sent += len(chunk)
    await stream.send_message(Packet(type=Packet.PACKET_DATA, id=number))
    return sent


def _walk(root: Path) -> Iterator[Stat]:
    """Yield what is below a directory, parents first and names in order."""
    seen: dict[tuple[int, int], str] = {}
    stack = _children(root, "")
    while stack:
        path = stack.pop()
        found = os.lstat(root / path)
        yield _stat(root / path, path, found, seen)
        if stat.S_ISDIR(found.st_mode):
            stack += _children(root / path, f"{path}/")


def _children(directory: Path, prefix: str) -> list[str]:
    return [prefix + name for name in sorted(os.listdir(directory), reverse=True)]


def _stat(at: Path, path: str, found: os.stat_result, seen: dict[tuple[int, int], str]) -> Stat:
    entry = Stat(path=path, mode=modes.go_mode(found.st_mode), uid=found.st_uid, gid=found.st_gid, mod_time=found.st_mtime_ns)
    entry.xattrs.update({name: os.getxattr(at, name, follow_symlinks=False) for name in os.listxattr(at, follow_symlinks=False)})
    first = path if stat.S_ISDIR(found.st_mode) else seen.setdefault((found.st_dev, found.st_ino), path)
    if first != path:
        entry.linkname = first
    elif stat.S_ISLNK(found.st_mode):
        entry.linkname = os.readlink(at)
    elif stat.S_ISREG(found.st_mode):
        entry.size = found.st_size
    else:
        entry.devmajor, entry.devminor = os.major(found.st_rdev), os.minor(found.st_rdev)
    return entry


def _refusal(error: Exception) -> EngineError:
    return DataLoss(f"failed to send the result: {error.message if isinstance(error, GRPCError) else error}")
