"""The door is open: a distribution of a third party provides a driver, and one line of the configuration chooses it."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.conftest import DaemonFactory
from tests.plugins.conftest import DEMO

CHOICE = '[drivers]\nstorage = "demo"\n'


def _core(python: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([python, "-m", "core", *words], capture_output=True, text=True)


def test_it_is_listed_with_its_distribution(their_python: Path) -> None:
    plugins = {plugin["name"]: plugin for plugin in json.loads(_core(their_python, "plugin", "list", "--json").stdout)}
    demo = plugins["storage_demo"]
    assert (demo["distribution"], demo["version"], demo["state"]) == ("core-storage-demo", "0.3.0", "ok")
    assert demo["drivers"] == ["storage:demo"]


def test_it_passes_the_structural_check(their_python: Path) -> None:
    done = _core(their_python, "plugin", "check", "storage_demo")
    assert done.returncode == 0, done.stdout


def test_one_line_chooses_it(their_python: Path, tmp_path: Path) -> None:
    config = tmp_path / "core.toml"
    config.write_text(CHOICE)
    listed = _core(their_python, "plugin", "list", "--config-file", str(config)).stdout
    assert "storage:demo*" in listed
    assert "storage:overlay*" not in listed


def test_its_settings_are_checked_by_its_own_model(their_python: Path, tmp_path: Path) -> None:
    config = tmp_path / "core.toml"
    config.write_text('[plugins.storage_demo]\nreflink = "sometimes"\n')
    done = _core(their_python, "config", "show", "--config-file", str(config))
    assert done.returncode == 1
    assert "plugins.storage_demo: reflink: Input should be 'auto', 'always' or 'never'" in done.stderr


def test_its_settings_are_in_the_schema(their_python: Path) -> None:
    schema = json.loads(_core(their_python, "config", "schema").stdout)
    assert schema["properties"]["plugins"]["properties"]["storage_demo"]["properties"]["reflink"]["default"] == "auto"


@pytest.mark.privileged
def test_it_keeps_the_storage_contract_with_nothing_but_the_sdk(their_python: Path) -> None:
    done = subprocess.run(
        [their_python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:core_sdk", "-m", "not slow", "tests"],
        cwd=DEMO,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    assert "passed" in done.stdout


@pytest.mark.privileged
def test_a_daemon_runs_containers_on_it(their_python: Path, start_daemon: DaemonFactory) -> None:
    with start_daemon(config=CHOICE, python=str(their_python)) as daemon:
        assert daemon.docker("info", "--format", "{{.Driver}}").stdout == "demo\n"
        assert daemon.docker("run", "--name", "one", "busybox", "sh", "-c", "echo kept > /file; cat /file").stdout == "kept\n"
        assert "A /file" in daemon.docker("diff", "one").stdout
        used = list((daemon.data_root / "plugins" / "storage_demo" / "l").iterdir())
        assert used
        daemon.restart()
        assert daemon.docker("start", "-a", "one").stdout == "kept\n"
