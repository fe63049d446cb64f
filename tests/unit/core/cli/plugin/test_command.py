"""`core plugin` lists, makes and checks."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.cli.plugin.command import application
from sdk.version import API_VERSION
from tests.plugins.installing import announce

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


TWO_KINDS = """
from contextlib import asynccontextmanager

from sdk.hookspecs import hookimpl
from sdk.providers import LogProvider, PluginSettings, VerifierProvider

CONTRACT = "two_examples"


@asynccontextmanager
async def opened(context, settings):
    yield object()


@hookimpl
def provide_log_driver():
    return LogProvider("no-log", PluginSettings, opened)


@hookimpl
def provide_image_verifier():
    return VerifierProvider("trial", PluginSettings, opened)
"""


@pytest.fixture
def two_kinds(tmp_path: Path) -> dict[str, str]:
    """The environment of a plugin that has no log driver behind its name, and a verifier with examples."""
    (tmp_path / "two_kinds.py").write_text(TWO_KINDS)
    (tmp_path / "two_examples.py").write_text("def test_of_its_own():\n    pass\n")
    announce(tmp_path, "core-two", "two", "two_kinds")
    return os.environ | {"PYTHONPATH": str(tmp_path)}


def test_the_examples_of_one_kind_stand_for_no_other(two_kinds: dict[str, str]) -> None:
    words = [sys.executable, "-m", "core", "plugin", "check", "two"]
    done = subprocess.run(words, env=two_kinds, capture_output=True, text=True)
    assert done.returncode == 1
    _, log, verifier = done.stdout.split("Contract of the ")
    assert log.startswith("log driver no-log:")
    assert "FAILED" in log
    assert "of its own" not in log
    assert verifier.startswith("verifier driver trial:")
    assert [line.split() for line in verifier.splitlines()[2:]] == [["of", "its", "own", "ok"]]


def test_a_module_that_is_named_twice_is_run_once(two_kinds: dict[str, str], tmp_path: Path) -> None:
    both = 'CONTRACT = {"log": "two_examples", "verifier": "two_examples"}'
    (tmp_path / "two_kinds.py").write_text(TWO_KINDS.replace('CONTRACT = "two_examples"', both))
    words = [sys.executable, "-m", "core", "plugin", "check", "two"]
    done = subprocess.run(words, env=two_kinds, capture_output=True, text=True)
    assert done.returncode == 0
    _, log, verifier = done.stdout.split("Contract of the ")
    assert "of its own" in log
    assert "of its own" not in verifier
    assert "it has been run: see above" in verifier


COMMANDING = """
import typer
from sdk.hookspecs import hookimpl


@hookimpl
def provide_cli_commands():
    application = typer.Typer()
    application.command("go")(lambda: None)
    return [(NAME, application)]
"""


@pytest.mark.parametrize("options", [[], ["-H", "unix:///none"]])
@pytest.mark.parametrize(("names", "status"), [(("mine", "other"), 0), (("same", "same"), 1), (("plugin", "other"), 1)])
def test_check_finds_a_command_whose_name_core_or_another_plugin_has(
    tmp_path: Path, options: list[str], names: tuple[str, str], status: int
) -> None:
    for number, name in enumerate(names):
        (tmp_path / f"commanding{number}.py").write_text(COMMANDING.replace("NAME", repr(name)))
        announce(tmp_path, f"core-commanding{number}", f"commanding{number}", f"commanding{number}")
    words = [sys.executable, "-m", "core", *options, "plugin", "check", "commanding0"]
    done = subprocess.run(words, env=os.environ | {"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True)
    assert done.returncode == status, done.stdout + done.stderr
    assert (f"there is a command of this name already: {names[0]}" in done.stdout) is bool(status)


def test_check_tells_that_a_disabled_plugins_drivers_are_not_tried(tmp_path: Path) -> None:
    config = tmp_path / "core.toml"
    config.write_text('disabled_plugins = ["trust_allowlist"]\n')
    result = RUN(application, ["check", "trust_allowlist", "--config-file", str(config)])
    assert result.exit_code == 0
    (row,) = [line for line in result.stdout.splitlines() if line.startswith("its drivers")]
    assert row.split() == "its drivers skipped disabled_plugins names it: no contract suite is run".split()
