"""Plugins that stand on others and beside them.

One has drivers of two kinds, each with its own settings, and each wrapping another installed driver by its name. One is an observer as
`core plugin new` writes it, and one amends specs, badly, and is switched off.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sdk.providers import Kind
from sdk.scaffold import render
from tests.asking import eventually
from tests.conftest import DaemonFactory
from tests.plugins.installing import announce

PLUGIN = """
from contextlib import asynccontextmanager

from sdk.drivers.logs import LogDriver
from sdk.drivers.runtime import Runtime
from sdk.hookspecs import hookimpl
from sdk.providers import LogProvider, PluginSettings, RuntimeProvider
from sdk.wrapping import with_abilities_of


class RuntimeSettings(PluginSettings):
    inner: str = "ns"
    greeting: str = "starting"


class LogSettings(PluginSettings):
    inner: str = "json-file"


class Audited(Runtime):
    def __init__(self, inner, log, greeting):
        self._inner, self._log, self._greeting = inner, log, greeting

    async def start(self, bundle, io):
        self._log.info("%s %s", self._greeting, " ".join(bundle.spec.process.args))
        return await self._inner.start(bundle, io)

    async def adopt(self, container_id, path):
        return await self._inner.adopt(container_id, path)

    async def discard(self, container_id, path):
        await self._inner.discard(container_id, path)

    async def audit(self):
        return await self._inner.audit()

    async def status(self):
        return await self._inner.status()


class Loud(LogDriver):
    def __init__(self, inner):
        self._inner = inner

    def check(self, options):
        self._inner.check(options)

    def open(self, context):
        return self._inner.open(context)


@asynccontextmanager
async def open_runtime(context, settings):
    async with context.installed.runtime(settings.inner) as inner:
        yield with_abilities_of(inner, Audited(inner, context.log, settings.greeting))


@asynccontextmanager
async def open_log(context, settings):
    async with context.installed.log_driver(settings.inner) as inner:
        yield Loud(inner)


@hookimpl
def provide_runtime():
    return RuntimeProvider("audited", RuntimeSettings, open_runtime)


@hookimpl
def provide_log_driver():
    return LogProvider("loud", LogSettings, open_log)
"""

AMENDER = """
from sdk.hookspecs import hookimpl


@hookimpl
def amend_runtime_spec(spec, container_id):
    raise RuntimeError("boom in amend")
"""

MARKER = """
from contextlib import asynccontextmanager

from msgspec.structs import replace

from sdk.hookspecs import hookimpl
from sdk.observer import Observer
from sdk.providers import ObserverProvider, PluginSettings


class Marker(Observer):
    def __init__(self, log):
        self._log = log

    def on_event(self, event):
        self._log.info("saw %s", event.action)

    def amend_runtime_spec(self, spec, container_id):
        return replace(spec, process=replace(spec.process, env=(*spec.process.env, "MARK=amended")))


@asynccontextmanager
async def open_marker(context, settings):
    yield Marker(context.log)


@hookimpl
def provide_observer():
    return ObserverProvider("marker", PluginSettings, open_marker)
"""

CONFIG = """
disabled_plugins = ["amender"]

[drivers]
runtime = "audited"
log = "loud"
observers = ["watch"]

[plugins.observer_watch]
actions = ["create"]

[plugins.audit.runtime]
greeting = "here comes"

[plugins.audit.log]
inner = "local"
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "core_audit.py").write_text(PLUGIN)
    announce(tmp_path, "core-audit", "audit", "core_audit")
    (tmp_path / "broken_amender.py").write_text(AMENDER)
    announce(tmp_path, "broken-amender", "amender", "broken_amender")
    render(Kind.OBSERVER, "watch", tmp_path)
    announce(tmp_path, "core-observer-watch", "observer_watch", "core_observer_watch.plugin")
    return os.environ | {"PYTHONPATH": str(tmp_path)}


@pytest.mark.privileged
def test_containers_run_and_outlive_the_daemon(start_daemon: DaemonFactory, environment: dict[str, str]) -> None:
    with start_daemon(environment=environment, config=CONFIG) as daemon:
        assert daemon.docker("run", "--rm", "--name", "seen", "busybox", "echo", "ok").stdout == "ok\n"
        log = daemon.log.read_text()
        assert "plugins.audit: here comes echo ok" in log
        assert "plugins.observer_watch: seen: create" in log
        assert "seen: start" not in log
        daemon.docker("run", "-d", "--name", "lives", "busybox", "sh", "-c", "echo kept; sleep 600")
        assert "clone" in daemon.core("inspect", "--plan", "lives").stdout
        daemon.kill9()
        daemon.start()
        assert daemon.docker("exec", "lives", "echo", "there").stdout == "there\n"
        assert daemon.docker("logs", "lives").stdout == "kept\n"
        assert daemon.docker("inspect", "-f", "{{.HostConfig.LogConfig.Type}}", "lives").stdout == "loud\n"
        daemon.docker("rm", "-f", "lives")


@pytest.mark.privileged
def test_an_observer_sees_and_amends_what_boot_starts_again(start_daemon: DaemonFactory, tmp_path: Path) -> None:
    (tmp_path / "core_marker.py").write_text(MARKER)
    announce(tmp_path, "core-marker", "marker", "core_marker")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    with start_daemon(environment=environment, config='live_restore = false\n[drivers]\nobservers = ["marker"]\n') as daemon:
        words = ["--restart", "always", "--stop-signal", "KILL", "busybox", "sh", "-c", "echo is $MARK; exec sleep 600"]
        daemon.docker("run", "-d", "--name", "again", *words)
        eventually(lambda: daemon.docker("logs", "again").stdout == "is amended\n")
        starts = daemon.log.read_text().count("plugins.marker: saw start")
        daemon.restart()
        eventually(lambda: len(daemon.docker("logs", "again").stdout.splitlines()) == 2)
        assert daemon.docker("logs", "again").stdout == "is amended\nis amended\n"
        eventually(lambda: daemon.log.read_text().count("plugins.marker: saw start") == starts + 1)
        daemon.docker("rm", "-f", "again")


@pytest.mark.privileged
def test_one_that_is_not_there_to_be_wrapped_is_one_sentence(start_daemon: DaemonFactory, environment: dict[str, str]) -> None:
    config = 'disabled_plugins = ["amender"]\n[drivers]\nruntime = "audited"\n[plugins.audit.runtime]\ninner = "none"\n'
    sentence = r'core: runtime driver "audited" \(plugin audit\) failed in open: no runtime driver "none" is installed \(there are: audited, '
    with pytest.raises(AssertionError, match=sentence) as caught, start_daemon(environment=environment, config=config):
        pass
    assert "Traceback" not in str(caught.value)


def test_the_information_has_the_settings_of_each(environment: dict[str, str], tmp_path: Path) -> None:
    config = tmp_path / "core.toml"
    config.write_text(CONFIG)
    words = [sys.executable, "-m", "core", "plugin", "info", "audit", "--config-file", str(config)]
    shown = subprocess.run(words, env=environment, capture_output=True, text=True).stdout
    assert "here comes" in shown
    assert "log driver loud, chosen by the configuration" in shown
