"""A plugin of each kind as `core plugin new` writes it, installed beside the engine: not chosen it harms nothing, chosen it is told."""

import os
from pathlib import Path

import pytest

from sdk.providers import Kind
from sdk.scaffold import render
from tests.conftest import DaemonFactory
from tests.plugins.installing import announce

pytestmark = pytest.mark.privileged

SENTENCES = {
    Kind.STORAGE: r'core: storage driver "unfinished" \(plugin storage_unfinished\) failed in list: storage_unfinished: list is not implemented yet',
    Kind.VOLUME: r'core: volume driver "unfinished" \(plugin volume_unfinished\) failed in list: volume_unfinished: list is not implemented yet',
    Kind.NETWORK: r'core: network driver "unfinished" \(plugin network_unfinished\) failed in restore: network_unfinished: restore is not implemented',
    Kind.FRONTEND: r'core: frontend driver "unfinished" \(plugin frontend_unfinished\) failed in build: frontend_unfinished: build is not implemented',
}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment in which one of each kind is installed, and one that takes the name of a bundled driver."""
    for kind in Kind:
        _install(kind, "unfinished", tmp_path)
    _install(Kind.LOG, "json-file", tmp_path)
    return os.environ | {"PYTHONPATH": str(tmp_path)}


def _install(kind: Kind, name: str, site: Path) -> None:
    render(kind, name, site)
    plugin = f"{kind}_{name}".replace("-", "_")
    announce(site, f"core-{plugin}", plugin, f"core_{plugin}.plugin")


def test_a_daemon_that_chose_none_of_them_starts_and_works(start_daemon: DaemonFactory, environment: dict[str, str]) -> None:
    with start_daemon(environment=environment) as daemon:
        daemon.docker("pull", "--quiet", "busybox")
        assert daemon.docker("run", "--rm", "-v", "data:/d", "-p", "80", "busybox", "echo", "ok").stdout == "ok\n"
        daemon.restart()
        assert daemon.docker("volume", "ls", "-q").stdout == "data\n"
        log = daemon.log.read_text()
    assert 'volume driver "unfinished" (plugin volume_unfinished) failed in list: ' in log
    assert "Traceback" not in log


@pytest.mark.parametrize("kind", SENTENCES)
def test_a_chosen_one_is_one_sentence(start_daemon: DaemonFactory, environment: dict[str, str], kind: Kind) -> None:
    chosen = '["unfinished"]' if kind is Kind.FRONTEND else '"unfinished"'
    key = "frontends" if kind is Kind.FRONTEND else kind
    with (
        pytest.raises(AssertionError, match=SENTENCES[kind]) as caught,
        start_daemon(environment=environment, config=f"[drivers]\n{key} = {chosen}\n"),
    ):
        pass
    assert "Traceback" not in str(caught.value)
