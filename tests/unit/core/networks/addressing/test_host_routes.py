from pathlib import Path

import pytest

from core.networks.addressing import host_routes as room

TABLE = """\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
"""


def test_the_default_route_blocks_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    table = tmp_path / "route"
    table.write_text(TABLE)
    monkeypatch.setattr(room, "_TABLE", table)
    assert [str(route) for route in room.host_routes()] == ["192.0.2.0/24", "172.17.0.0/16"]


def test_without_a_table_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(room, "_TABLE", tmp_path / "none")
    assert room.host_routes() == []
