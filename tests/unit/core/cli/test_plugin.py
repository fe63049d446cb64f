"""`core plugin` lists, makes and checks."""

import json
from pathlib import Path

from typer.testing import CliRunner

from core.cli.plugin import application

RUN = CliRunner().invoke


def test_the_list_marks_the_chosen_drivers() -> None:
    shown = RUN(application, ["list"]).stdout
    assert "network:bridge*" in shown
    assert "storage:vfs " in shown
    assert "core-engine" in shown


def test_the_list_as_json() -> None:
    plugins = {plugin["name"]: plugin for plugin in json.loads(RUN(application, ["list", "--json"]).stdout)}
    assert plugins["net_bridge"]["drivers"] == ["network:bridge*"]
    assert plugins["net_bridge"]["state"] == "ok"


def test_check_passes_a_good_plugin() -> None:
    result = RUN(application, ["check", "net_bridge"])
    assert result.exit_code == 0
    assert "network bridge" in result.stdout


def test_check_fails_what_is_not_installed() -> None:
    result = RUN(application, ["check", "nothing"])
    assert result.exit_code == 1
    assert "no entry point of this name is installed" in result.stdout


def test_new_writes_a_project_and_spares_one_that_exists(tmp_path: Path) -> None:
    target = tmp_path / "project"
    assert RUN(application, ["new", "storage", "btrfs", "--directory", str(target)]).exit_code == 0
    assert (target / "core_storage_btrfs/driver.py").is_file()
    assert RUN(application, ["new", "storage", "btrfs", "--directory", str(target)]).exit_code == 1
