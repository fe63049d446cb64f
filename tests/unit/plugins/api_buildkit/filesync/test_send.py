"""Results that go to a client: what it asks for, and what it may not have."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from grpclib.const import Cardinality, Handler
from grpclib.server import Stream

from plugins.api_buildkit.filesync.send import send_tree
from plugins.api_buildkit.proto.fsutil_pb2 import Packet, Stat
from sdk.errors import DataLoss
from tests.unit.plugins.api_buildkit.conftest import Joined

pytestmark = pytest.mark.anyio


class Client:
    """Takes a tree: lists what comes, asks for the files that `wanted` chooses, and says that it is done."""

    def __init__(self, wanted: Callable[[Sequence[Stat]], Sequence[int]], last: Packet | None = None) -> None:
        self._wanted, self._last = wanted, last or Packet(type=Packet.PACKET_FIN)
        self.listed: list[Stat] = []
        self.contents: dict[int, bytes] = {}

    def __mapping__(self) -> dict[str, Handler]:
        return {"/moby.filesync.v1.FileSend/DiffCopy": Handler(self._take, Cardinality.STREAM_STREAM, Packet, Packet)}

    async def _take(self, stream: Stream[Packet, Packet]) -> None:
        while (packet := await stream.recv_message()) is not None and packet.HasField("stat"):
            self.listed.append(packet.stat)
        for number in self._wanted(self.listed):
            await stream.send_message(Packet(type=Packet.PACKET_REQ, id=number))
            while (packet := await stream.recv_message()) is not None and packet.data:
                self.contents[number] = self.contents.get(number, b"") + packet.data
            if packet is None:
                return
        await stream.send_message(self._last)
        while await stream.recv_message() is not None:
            pass


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "d/e").mkdir(parents=True)
    (root / "d/file").write_bytes(b"x" * 2_500_000)
    (root / "d/empty").touch()
    os.link(root / "d/file", root / "linked")
    (root / "out").symlink_to("/etc/hostname")
    os.mkfifo(root / "pipe")
    return root


def regular(listed: Sequence[Stat]) -> list[int]:
    return [number for number, each in enumerate(listed) if each.path in ("d/file", "d/empty")]


async def test_parents_come_first_and_names_in_order(joined: Joined, tree: Path) -> None:
    client = Client(regular)
    async with joined(client) as connection:
        assert await send_tree(connection, 0, tree) == 2_500_000
    assert [each.path for each in client.listed] == ["d", "d/e", "d/empty", "d/file", "linked", "out", "pipe"]
    by_path = {each.path: each for each in client.listed}
    assert (by_path["d/file"].size, by_path["linked"].linkname, by_path["out"].linkname) == (2_500_000, "d/file", "/etc/hostname")
    assert client.contents == {3: b"x" * 2_500_000}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("out", "out, which is no regular file"),
        ("pipe", "pipe, which is no regular file"),
        ("d", "d, which is no regular file"),
        ("", "file 7 of 7"),
    ],
)
async def test_a_client_gets_the_content_of_regular_files_alone(joined: Joined, tree: Path, name: str, message: str) -> None:
    """A symlink was followed on the daemon's machine, a FIFO waited for a writer, and a number too large was a Python error."""
    client = Client(lambda listed: [next((n for n, each in enumerate(listed) if each.path == name), len(listed))])
    async with joined(client) as connection:
        with pytest.raises(DataLoss, match=message):
            await send_tree(connection, 0, tree)
    assert client.contents == {}


async def test_a_client_that_cannot_write_says_so(joined: Joined, tree: Path) -> None:
    client = Client(lambda _listed: [], Packet(type=Packet.PACKET_ERR, data=b"no space \xff"))
    async with joined(client) as connection:
        with pytest.raises(DataLoss, match="error from receiver: no space \ufffd"):
            await send_tree(connection, 0, tree)


async def test_a_client_without_the_service_refuses(joined: Joined, tree: Path) -> None:
    async with joined() as connection:
        with pytest.raises(DataLoss, match="failed to send the result"):
            await send_tree(connection, 0, tree)
