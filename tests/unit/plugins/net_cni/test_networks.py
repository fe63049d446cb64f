"""Which bridges go with a network."""

from pathlib import Path

import pytest

from plugins.net_cni.conflists import parse
from plugins.net_cni.networks import Networks
from sdk.drivers.network import NetworkSpec

NETWORK = NetworkSpec("0123456789abcdef", "n")
LIST = parse(
    '{"cniVersion": "1.0.0", "name": "n", "plugins": [{"type": "bridge", "bridge": "cni-not-there"}, {"type": "bridge", "bridge": "lo"}]}'
)


def test_a_bridge_that_was_there_before_does_not_go_with_the_network(tmp_path: Path) -> None:
    """Every machine has a `lo`, which stands for a bridge of another program here."""
    networks = Networks(tmp_path / "networks")
    networks.learn(NETWORK, LIST)
    assert b"cni-not-there" in (tmp_path / "networks/0123456789ab.json").read_bytes()
    assert b'"lo"' not in (tmp_path / "networks/0123456789ab.json").read_bytes()
    assert networks.bridges() == []
    networks.remove_others({NETWORK.id})
    assert list((tmp_path / "networks").iterdir())
    networks.remove_others(set())
    networks.remove(NETWORK.id)
    assert not list((tmp_path / "networks").iterdir())


@pytest.mark.parametrize("content", [b"", b"{", b'{"bridges": 5}', b'{"bridges": ["\xff"]}', b'{"x": ' + b"[" * 20_000])
def test_a_note_that_cannot_be_read_says_nothing(tmp_path: Path, content: bytes) -> None:
    networks = Networks(tmp_path / "networks")
    networks.learn(NETWORK, LIST)
    (tmp_path / "networks/0123456789ab.json").write_bytes(content)
    assert networks.bridges() == []
    networks.remove(NETWORK.id)
    assert not list((tmp_path / "networks").iterdir())
