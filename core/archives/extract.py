"""Extracting one archive in a worker process confined to a root directory."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from core.archives import worker
from core.archives.confinement import CORRUPTED, FULL, OK, REFUSED
from core.archives.pipes import Pipe, chunks, feed
from core.archives.untar import Policy
from sdk.errors import DataLoss, EngineError, InvalidArgument, ResourceExhausted, Unavailable
from sdk.oci.digest import Digest

ERRORS: dict[str, type[EngineError]] = {CORRUPTED: DataLoss, REFUSED: InvalidArgument, FULL: ResourceExhausted}
"""The errors that a worker's report stands for."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What was seen on the way. `diff_id` is the digest of the uncompressed tar (it says something for layers alone) and `tar_size` its
    length; `size` is the sum of file sizes."""

    diff_id: Digest
    size: int
    tar_size: int


async def extract(source: int | AsyncIterator[bytes], policy: Policy, *, root: int, directory: int) -> Unpacked:
    """Unpack a tar of any known compression from a descriptor or a stream into `directory`, with `root` as the root of all names.

    Raises DataLoss for a damaged archive, InvalidArgument for what the policy refuses, ResourceExhausted for a full disk and
    Unavailable for other trouble. Failed or cancelled it leaves a half-filled directory, and no process.
    """
    with Pipe() as content, Pipe() as report:
        stdin = source if isinstance(source, int) else content.reader
        arguments = _arguments(policy, root, directory)
        async with worker.started(
            "core.archives.untar_main", arguments, stdin=stdin, stdout=report.writer, descriptors=(root, directory)
        ) as process:
            content.close_reader()
            report.close_writer()
            if not isinstance(source, int):
                await feed(content.writer, source)
            content.close_writer()
            text = b"".join([chunk async for chunk in chunks(report.reader)])
            return _outcome(text, await process.wait())


def _arguments(policy: Policy, root: int, directory: int) -> Sequence[str]:
    owner = f"{policy.owner[0]}:{policy.owner[1]}" if policy.owner else ""
    flags = ("1" if policy.layer else "", owner, "1" if policy.keep_kinds else "", "1" if policy.root_entry else "")
    return (str(root), str(directory), policy.shown_directory, *flags, policy.algorithm)


def _outcome(report: bytes, status: int) -> Unpacked:
    kind, *fields = report.decode("utf-8", "surrogateescape").split("\0")
    if kind == OK and status == 0:
        diff_id, size, tar_size = fields
        return Unpacked(Digest(diff_id), int(size), int(tar_size))
    if not fields:
        raise Unavailable(f"unpacking failed: the worker process ended with status {status}")
    raise ERRORS.get(kind, Unavailable)(f"failed to unpack: {fields[0]}" if kind != REFUSED else fields[0])
