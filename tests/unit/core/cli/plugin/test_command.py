"""`core plugin` lists, makes and checks."""

import json
from pathlib import Path

from typer.testing import CliRunner

from core.cli.plugin.command import application
from sdk.version import API_VERSION

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
    result = RUN(application, ["check", "net_bridge", "--no-contract"])
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


def test_the_list_has_kind_hooks_and_api_version() -> None:
    heading, *rows = RUN(application, ["list"]).stdout.splitlines()
    assert heading.split()[:3] == ["PLUGIN", "STATE", "KIND"]
    assert "API VERSION" in heading
    (row,) = [row for row in rows if row.startswith("net_bridge ")]
    assert row[heading.index("KIND") :].startswith("network ")
    assert row[heading.index("API VERSION") :].startswith(".".join(map(str, API_VERSION)))


def test_info_as_text_and_as_json(tmp_path: Path) -> None:
    config = tmp_path / "core.toml"
    config.write_text(f'data_root = "{tmp_path}"\n[plugins.net_bridge]\nbridge_name = "mine0"\n')
    shown = RUN(application, ["info", "net_bridge", "--config-file", str(config)]).stdout
    assert "mine0" in shown
    (driver,) = json.loads(RUN(application, ["info", "net_bridge", "--config-file", str(config), "--json"]).stdout)["drivers"]
    assert {"name": "bridge_name", "default": "core0", "value": "mine0"}.items() <= driver["settings"][0].items()
    assert RUN(application, ["info", "nothing"]).exit_code == 1


def test_check_opens_the_driver_with_the_settings_of_the_configuration_file(tmp_path: Path) -> None:
    config = tmp_path / "core.toml"
    config.write_text("[plugins.log_local]\nno_such_key = 1\n")
    result = RUN(application, ["check", "log_local", "--config-file", str(config)])
    assert result.exit_code == 1


def test_check_runs_the_contract_suite() -> None:
    result = RUN(application, ["check", "trust_allowlist"])
    assert result.exit_code == 0
    assert "Contract of the verifier driver allowlist:" in result.stdout
    assert "Contract of" not in RUN(application, ["check", "trust_allowlist", "--no-contract"]).stdout


def test_a_driver_that_cannot_have_a_process_of_its_own_is_not_checked_in_one() -> None:
    refused = RUN(application, ["check", "log_local", "--isolated"])
    assert refused.exit_code == 1
    assert "cannot be isolated" in refused.stderr
