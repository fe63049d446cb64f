"""How isolated drivers are is there for commands to read as long as their daemon lives."""

import logging
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from core.kernel.isolation.standings import KeptStanding, Standing, keep_standing, read_standings
from sdk.providers import Kind, PluginContext


def test_it_is_kept_while_the_driver_is_open(tmp_path: Path, plugin_context: PluginContext) -> None:
    with keep_standing(tmp_path, plugin_context, Kind.VOLUME) as keep:
        assert read_standings(tmp_path) == []
        keep(Standing(7))
        keep(Standing(8, 1, "killed"))
        assert read_standings(tmp_path) == [KeptStanding("test", "volume", os.getpid(), Standing(8, 1, "killed"))]
    assert read_standings(tmp_path) == []


def test_what_a_dead_daemon_left_and_what_is_no_standing_is_not_shown(tmp_path: Path) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    room = tmp_path / "isolation"
    room.mkdir()
    mine = KeptStanding("p", "volume", os.getpid(), Standing(7))
    for name, content in {
        "mine.json": msgspec.json.encode(mine),
        "dead.json": msgspec.json.encode(msgspec.structs.replace(mine, daemon=gone.pid)),
        "odd.json": b"{",
    }.items():
        (room / name).write_bytes(content)
    (room / "directory.json").mkdir()
    assert read_standings(tmp_path) == [mine]


def test_what_cannot_be_kept_is_logged(tmp_path: Path, plugin_context: PluginContext, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "isolation").write_text("in the way")
    context = replace(plugin_context, log=logging.getLogger("odd"))
    with keep_standing(tmp_path, context, Kind.VOLUME) as keep:
        keep(Standing(7))
    assert "how the driver is cannot be kept" in caplog.text
