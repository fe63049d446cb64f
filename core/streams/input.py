"""Input from a client to a process, with Docker's detach keys."""

import asyncio
import os

import anyio

from sdk.errors import InvalidArgument

DEFAULT_DETACH_KEYS = b"\x10\x11"
"""ctrl-p ctrl-q"""


_CODES = (
    {f"ctrl-{chr(code).lower()}": code - 64 for code in range(64, 96)} | {"DEL": 127} | {chr(code): code for code in range(128)}
)


def parse_detach_keys(text: str, kind: str = "detach") -> bytes:
    """Return the byte sequence a client's `detachKeys` means; "" is the default. Raises InvalidArgument, which calls them by their `kind`.

    Keys are separated by commas: an ASCII character, `ctrl-` with a-z or one of @ [ \\ ] ^ _ or `DEL`.
    """
    if not text:
        return DEFAULT_DETACH_KEYS
    try:
        return bytes(_CODES[key] for key in text.split(","))
    except KeyError:
        raise InvalidArgument(f"Invalid {kind} keys ({text}) provided") from None


class DetachScanner:
    """Finds the detach sequence in typed input, across chunks; holds back a possible beginning of it."""

    def __init__(self, keys: bytes) -> None:
        self._keys = keys
        self._held = b""

    def feed(self, data: bytes) -> tuple[bytes, bool]:
        """Return what may be passed on, and whether the sequence is complete."""
        data = self._held + data
        found = data.find(self._keys) if self._keys else -1
        if found >= 0:
            return data[:found], True
        keep = next((n for n in range(min(len(self._keys) - 1, len(data)), 0, -1) if data.endswith(self._keys[:n])), 0)
        self._held = data[len(data) - keep :]
        return data[: len(data) - keep], False


async def write_all(descriptor: int, data: bytes) -> None:
    """Write to a non-blocking descriptor, waiting while the reader is slow. Raises BrokenPipeError when there is none."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(descriptor, view) :]
        except BlockingIOError:
            await wait_writable(descriptor)


async def wait_writable(descriptor: int) -> None:
    """Wait until a descriptor (pipe, terminal) takes more; works on loops whose own wait only knows sockets."""
    loop = asyncio.get_running_loop()
    ready = anyio.Event()
    loop.add_writer(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_writer(descriptor)
