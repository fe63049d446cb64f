"""The engine's figures, literally."""

import anyio

from plugins.api_metrics import daemon
from plugins.api_metrics.text import Format, render
from sdk.engine.system import EngineCounters
from sdk.testing.fake import fake_engine

COUNTERS = EngineCounters(images=4, networks=3, volumes=2, event_subscribers=1, events=99, health_checks=8, failed_health_checks=5)
TEXT = """\
engine_daemon_container_states_containers{state="paused"} 0
engine_daemon_container_states_containers{state="running"} 0
engine_daemon_container_states_containers{state="stopped"} 0
engine_daemon_engine_info{architecture="x86_64",commit="",daemon_id="fake",graphdriver="fake",kernel="6.1.0",os="Fake Linux",\
os_type="linux",os_version="1",version="9.9.9"} 1
engine_daemon_engine_cpus_cpus 2
engine_daemon_engine_memory_bytes 4294967296
engine_daemon_events_total 99
engine_daemon_events_subscribers_total 1
engine_daemon_health_checks_total 8
engine_daemon_health_checks_failed_total 5
core_images 4
core_networks 3
core_volumes 2
"""


def test_what_dockerd_tells() -> None:
    info = anyio.run(fake_engine().system.info)
    text = render(daemon.samples(info, COUNTERS, []), Format.TEXT).decode()
    assert "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#")) == TEXT
