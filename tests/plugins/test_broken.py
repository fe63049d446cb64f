"""Broken plugins of every sort beside good ones: reported, harmless, fatal only when chosen or with --strict-plugins."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import DaemonFactory
from tests.plugins.installing import announce

BROKEN = {
    "no_import": "import does_not_exist\n",
    "syntax": "def broken(:\n",
    "exits": "raise SystemExit('goodbye')\n",
    "misspelt": "from sdk.hookspecs import hookimpl\n@hookimpl\ndef provide_storage_drivr():\n    pass\n",
    "raising": "from sdk.hookspecs import hookimpl\n@hookimpl\ndef provide_storage_driver():\n    raise OSError('disk on fire')\n",
    "old": "API_VERSION = (99, 0)\n",
    "asynchronous": "from sdk.hookspecs import hookimpl\n@hookimpl\nasync def engine_ready(engine):\n    pass\n",
}
REASONS = {
    "no_import": "ModuleNotFoundError: No module named 'does_not_exist'",
    "syntax": "SyntaxError: invalid syntax",
    "exits": "SystemExit: goodbye",
    "misspelt": "unknown hook 'provide_storage_drivr'",
    "raising": "provide_storage_driver: OSError: disk on fire",
    "old": "built for plugin API 99.0, this engine offers 1.",
    "asynchronous": "hook engine_ready is asynchronous",
}

LEAVING = """
import sys
from contextlib import asynccontextmanager

from sdk.frontend import ApiFrontend
from sdk.hookspecs import hookimpl
from sdk.providers import FrontendProvider, PluginSettings


class Leaving(ApiFrontend):
    def build(self, engine):
        sys.exit("no more")


@asynccontextmanager
async def opened(context, settings):
    yield Leaving()


@hookimpl
def provide_api_frontend():
    return FrontendProvider("leaving", PluginSettings, opened)
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment in which all of them are installed."""
    for name, source in BROKEN.items():
        _install(name, source, tmp_path)
    return os.environ | {"PYTHONPATH": str(tmp_path)}


def _install(name: str, source: str, site: Path) -> None:
    (site / f"broken_{name}.py").write_text(source)
    announce(site, f"broken-{name.replace('_', '-')}", name, f"broken_{name}")


def _core(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "core", *words], env=environment, capture_output=True, text=True)


def test_each_is_reported_with_its_reason_and_the_others_work(environment: dict[str, str]) -> None:
    plugins = {plugin["name"]: plugin for plugin in json.loads(_core(environment, "plugin", "list", "--json").stdout)}
    for name, reason in REASONS.items():
        assert plugins[name]["state"] == "failed"
        assert reason in plugins[name]["reason"]
        assert plugins[name]["distribution"] == f"broken-{name.replace('_', '-')}"
    assert {plugins[name]["state"] for name in ("net_bridge", "storage_vfs", "registry_hub", "volume_local")} == {"ok"}


@pytest.mark.parametrize("name", BROKEN)
def test_the_check_of_one_fails_and_says_why(environment: dict[str, str], name: str) -> None:
    done = _core(environment, "plugin", "check", name)
    assert done.returncode == 1
    assert "FAILED" in done.stdout
    assert REASONS[name] in done.stdout


@pytest.mark.privileged
def test_a_daemon_starts_in_spite_of_them(start_daemon: DaemonFactory, environment: dict[str, str]) -> None:
    with start_daemon(environment=environment) as daemon:
        assert daemon.answers()
        log = daemon.log.read_text()
    for name, reason in REASONS.items():
        assert f"plugin {name} (broken-{name.replace('_', '-')}) is left out: " in log
        assert reason in log


@pytest.mark.privileged
def test_strict_plugins_makes_them_fatal(start_daemon: DaemonFactory, environment: dict[str, str]) -> None:
    with (
        pytest.raises(AssertionError, match="core: broken plugins, and --strict-plugins is set: asynchronous"),
        start_daemon("--strict-plugins", environment=environment),
    ):
        pass


@pytest.mark.privileged
def test_a_broken_one_is_fatal_when_it_is_chosen(start_daemon: DaemonFactory, environment: dict[str, str]) -> None:
    with (
        pytest.raises(
            AssertionError,
            match=r'no storage driver "raising" is available .*raising \(provide_storage_driver: OSError: disk on fire\)',
        ),
        start_daemon("--storage-driver", "raising", environment=environment),
    ):
        pass


@pytest.mark.privileged
def test_a_chosen_frontend_that_exits_is_one_sentence(start_daemon: DaemonFactory, tmp_path: Path) -> None:
    _install("leaving", LEAVING, tmp_path)
    with (
        pytest.raises(
            AssertionError, match=r'core: frontend driver "leaving" \(plugin leaving\) failed in build: SystemExit: no more'
        ) as caught,
        start_daemon(environment=os.environ | {"PYTHONPATH": str(tmp_path)}, config='[drivers]\nfrontends = ["leaving"]\n'),
    ):
        pass
    assert "Traceback" not in str(caught.value)
