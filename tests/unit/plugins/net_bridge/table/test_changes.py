"""The kernel's notifications about nftables, cut and broken ones too."""

import socket
import struct
from collections.abc import Callable, Iterator

import anyio
import pytest

from plugins.net_bridge.table.changes import RulesetChanges

pytestmark = [pytest.mark.anyio, pytest.mark.privileged]

NEW_TABLE = (10 << 8) | 0


def attribute(kind: int, content: bytes, length: int | None = None) -> bytes:
    size = 4 + len(content)
    return struct.pack("=HH", size if length is None else length, kind) + content + bytes(-size % 4)


def message(*attributes: bytes, kind: int = NEW_TABLE, length: int | None = None) -> bytes:
    body = bytes(4) + b"".join(attributes)
    size = 16 + len(body)
    return struct.pack("=IHHII", size if length is None else length, kind, 0, 0, 0) + body


OURS = message(attribute(1, b"core\0"))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], bool]]:
    """Return what tells whether a datagram of the kernel means a change: it comes by a socket of this test."""
    changes = RulesetChanges("core")
    changes.close()
    ours, kernels = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    ours.settimeout(0)
    monkeypatch.setattr(changes, "_socket", ours)

    def noticed(datagram: bytes) -> bool:
        kernels.send(datagram)
        changes._receive()
        return changes._changed.is_set()

    yield noticed
    ours.close()
    kernels.close()


@pytest.mark.parametrize(
    ("datagram", "changed"),
    [
        (OURS, True),
        (message(attribute(1, b"other\0")), False),
        (message(attribute(1, b"core2\0")), False),
        (message(attribute(1, b"core")), False),
        (message(attribute(2, b"chain\0"), attribute(1, b"core\0")), True),
        (message(attribute(1, b"other\0")) + OURS, True),
        (message(attribute(1, b"core\0"), kind=(1 << 8) | 3), False),
        (message(attribute(1, b"core\0"), kind=(1 << 8) | 3) + OURS, True),
        (b"x", False),
        (bytes(16), False),
        (message(length=3), False),
        (message(length=0) + OURS, False),
        (message(attribute(2, b"", length=0), attribute(1, b"core\0")), False),
        (message(attribute(2, b"", length=65535), attribute(1, b"core\0")), False),
        (OURS[:-6], False),
        (message(), False),
    ],
)
async def test_only_our_table_counts(told: Callable[[bytes], bool], datagram: bytes, changed: bool) -> None:
    assert told(datagram) is changed


async def test_more_than_fits_means_that_something_changed() -> None:
    """The kernel then says ENOBUFS once, and nothing of what it was about."""
    changes = RulesetChanges("core")

    class Overrun:
        def recv(self, size: int) -> bytes:
            raise OSError(105, "No buffer space available")

    changes.close()
    changes._socket = Overrun()
    changes._receive()
    with anyio.fail_after(30):
        await changes.wait()


async def test_a_change_is_noticed_on_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    changes = RulesetChanges("core")
    changes.close()
    ours, kernels = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, kernels:
        ours.settimeout(0)
        monkeypatch.setattr(changes, "_socket", ours)
        with anyio.fail_after(20), changes.announced():
            for _ in range(2):
                kernels.send(OURS)
                await changes.wait()
