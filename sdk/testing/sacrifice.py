"""A daemon to be killed: opens a runtime, starts one container, says so, and waits for its end.

Run as `python -m sdk.testing.sacrifice` with one JSON object on stdin; used by the runtime contract.
"""

import sys
from pathlib import Path

import anyio
import msgspec
from msgspec import Struct

from sdk.drivers.runtime import Bundle, ProcessIO
from sdk.drivers.storage import Mount
from sdk.oci import runtime as oci
from sdk.testing.runtimes import open_runtime


class Order(Struct, frozen=True):
    """What the daemon shall do."""

    plugin: str
    settings: dict[str, str]
    root: str
    id: str
    path: str
    spec: oci.Spec
    rootfs: tuple[Mount, ...]
    io: ProcessIO


async def serve(order: Order) -> None:
    """Start the container and stay."""
    async with open_runtime(order.plugin, order.settings, Path(order.root)) as runtime:
        await runtime.start(Bundle(order.id, Path(order.path), order.spec, order.rootfs), order.io)
        sys.stdout.write("started\n")
        sys.stdout.flush()
        await anyio.sleep_forever()


if __name__ == "__main__":
    anyio.run(serve, msgspec.json.decode(sys.stdin.buffer.read(), type=Order))
