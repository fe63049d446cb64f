"""Prometheus scrapes a daemon: what runs shows up with its figures, and vanishes with its container."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.asking import eventually
from tests.conftest import open_daemon, open_ready_daemon
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged

ADDRESS = "127.0.0.1:9323"
MB = 1 << 20


@pytest.fixture(scope="module")
def metered(tmpfs: Path, registry_storage: Path) -> Iterator[Daemon]:
    with open_ready_daemon(tmpfs, registry_storage, "", "--metrics-addr", ADDRESS) as daemon:
        yield daemon


@pytest.fixture
def watched(metered: Daemon) -> Iterator[Daemon]:
    yield metered
    metered.remove_containers()


def scrape(daemon: Daemon, *headers: str) -> str:
    options = [word for header in headers for word in ("--header", header)]
    return daemon.run("curl", "--silent", "--fail", *options, f"http://{ADDRESS}/metrics").stdout


def value(text: str, name: str, labels: str = "") -> float:
    """Return the value of the one series of a name with some of its labels."""
    (found,) = [line for line in text.splitlines() if line.startswith((f"{name} ", f"{name}{{")) and labels in line]
    return float(found.rpartition(" ")[2])


def test_a_container_shows_up_and_vanishes(watched):
    fill = "head -c 20971520 /dev/zero > /dev/shm/x; ping -c 2 -w 9 \"$(ip route | sed -n 's/default via \\([^ ]*\\).*/\\1/p')\"; sleep 600"
    watched.docker(
        *("run", "-d", "--name", "web", "--memory", "64m", "--cpus", "0.5", "--health-cmd", "true", "--health-interval", "100ms"),
        *("busybox", "sh", "-c", fill),
    )
    watched.docker("create", "--name", "idle", "busybox")
    web = 'name="web"'

    def is_full(text: str) -> bool:
        return (
            value(text, "container_memory_usage_bytes", web) > 20 * MB
            and value(text, "container_network_transmit_packets_total", web) > 0
            and value(text, "engine_daemon_health_checks_total") > 0
        )

    eventually(lambda: is_full(scrape(watched)), lambda: scrape(watched))
    text = scrape(watched)
    assert value(text, "container_memory_usage_bytes", web) < 64 * MB
    assert value(text, "container_spec_memory_limit_bytes", web) == 64 * MB
    assert value(text, "container_spec_cpu_quota", web) == 50000
    assert value(text, "container_cpu_usage_seconds_total", web) > 0
    assert value(text, "container_processes", web) >= 1
    assert value(text, "container_network_receive_bytes_total", 'interface="eth0"') > 0
    assert abs(value(text, "container_start_time_seconds", web) - time.time()) < 120
    states = [value(text, "engine_daemon_container_states_containers", f'"{state}"') for state in ("running", "stopped")]
    assert states == [1, 1]
    assert value(text, "core_networks") == 3
    assert value(text, "engine_daemon_health_checks_failed_total") == 0
    assert 'name="idle"' not in text
    assert 'graphdriver="overlay"' in text
    events = value(text, "engine_daemon_events_total")
    watched.docker("rm", "-f", "web")
    text = scrape(watched)
    assert web not in text
    assert value(text, "engine_daemon_events_total") > events


def test_what_prometheus_asks_for_is_openmetrics(watched):
    text = scrape(watched, "Accept: application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3")
    assert text.endswith("# EOF\n")
    status, body = watched.request("GET", "/metrics")
    assert status == 200
    assert b"engine_daemon_engine_cpus_cpus" in body


def test_an_address_that_is_taken_ends_the_start_in_one_sentence(watched, tmpfs):
    sentence = re.escape(f"failed to start metrics server: listen tcp {ADDRESS}: address already in use")
    with (
        pytest.raises(AssertionError, match=rf"{sentence}\n\Z"),
        open_daemon(tmpfs, watched.network, ("--metrics-addr", ADDRESS)),
    ):
        pytest.fail("it started")
