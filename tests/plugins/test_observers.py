"""An observer as `core plugin new` writes it, chosen and set by the configuration, beside a plugin that is switched off."""

import os
from pathlib import Path

import pytest

from sdk.providers import Kind
from sdk.scaffold import render
from tests.conftest import DaemonFactory
from tests.plugins.installing import announce

AMENDER = """
from sdk.hookspecs import hookimpl


@hookimpl
def amend_runtime_spec(spec, container_id):
    raise RuntimeError("boom in amend")
"""

CONFIG = """
disabled_plugins = ["amender"]

[drivers]
observers = ["audit"]

[plugins.observer_audit]
actions = ["create"]
"""


@pytest.mark.privileged
def test_a_chosen_observer_sees_what_happens_and_a_disabled_amender_nothing(start_daemon: DaemonFactory, tmp_path: Path) -> None:
    render(Kind.OBSERVER, "audit", tmp_path)
    announce(tmp_path, "core-observer-audit", "observer_audit", "core_observer_audit.plugin")
    (tmp_path / "broken_amender.py").write_text(AMENDER)
    announce(tmp_path, "broken-amender", "amender", "broken_amender")
    with start_daemon(environment=os.environ | {"PYTHONPATH": str(tmp_path)}, config=CONFIG) as daemon:
        assert daemon.docker("run", "--rm", "--name", "seen", "busybox", "echo", "ok").stdout == "ok\n"
        log = daemon.log.read_text()
    assert "plugins.observer_audit: seen: create" in log
    assert "seen: start" not in log
