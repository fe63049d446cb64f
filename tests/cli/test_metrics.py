"""Prometheus scrapes a daemon: what runs shows up with its figures, and vanishes with its container."""

import time
from collections.abc import Callable, Iterator

import pytest

from tests.daemon import Daemon

pytestmark = pytest.mark.privileged

ADDRESS = "127.0.0.1:9323"
MB = 1 << 20


@pytest.fixture
def watched(start_daemon) -> Iterator[Daemon]:
    with start_daemon("--metrics-addr", ADDRESS) as daemon:
        daemon.docker("pull", "--quiet", "busybox")
        yield daemon


def scrape(daemon: Daemon, *headers: str) -> str:
    options = [word for header in headers for word in ("--header", header)]
    return daemon.run("curl", "--silent", "--fail", *options, f"http://{ADDRESS}/metrics").stdout


def value(text: str, name: str, labels: str = "") -> float:
    """Return the value of the one series of a name with some of its labels."""
    (found,) = [line for line in text.splitlines() if line.startswith((f"{name} ", f"{name}{{")) and labels in line]
    return float(found.rpartition(" ")[2])


def eventually(daemon: Daemon, good: Callable[[str], bool]) -> str:
    deadline = time.monotonic() + 60
    while not good(text := scrape(daemon)):
        assert time.monotonic() < deadline, text
        time.sleep(0.2)
    return text


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

    text = eventually(watched, is_full)
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
    other = Daemon(tmpfs / "other", watched.network, ("--metrics-addr", ADDRESS))
    other.begin()
    assert other.process is not None
    assert other.process.wait(60) == 1
    last = other.log.read_text().splitlines()[-1]
    assert last.endswith(f"failed to start metrics server: listen tcp {ADDRESS}: address already in use")
