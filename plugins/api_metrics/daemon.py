"""The engine as a whole, in dockerd's names, and how many images, networks and volumes there are."""

from collections import Counter
from collections.abc import Iterator, Sequence

from plugins.api_metrics.text import Family, Sample, Type, labels_of
from sdk.engine.containers import ContainerInfo, ContainerState
from sdk.engine.system import EngineCounters, SystemInfo

STATES = Family("engine_daemon_container_states_containers", Type.GAUGE, "Containers by state: running, paused or stopped.")
INFO = Family("engine_daemon_engine_info", Type.GAUGE, "1, with what the engine and its machine are as labels.")
CPUS = Family("engine_daemon_engine_cpus_cpus", Type.GAUGE, "CPUs of the machine.")
MEMORY = Family("engine_daemon_engine_memory_bytes", Type.GAUGE, "Memory of the machine.")
EVENTS = Family("engine_daemon_events_total", Type.COUNTER, "Events since the daemon started.")
SUBSCRIBERS = Family("engine_daemon_events_subscribers_total", Type.GAUGE, "Clients that listen to events now.")
CHECKS = Family("engine_daemon_health_checks_total", Type.COUNTER, "Health checks that ended since the daemon started.")
FAILED_CHECKS = Family(
    "engine_daemon_health_checks_failed_total", Type.COUNTER, "Health checks that could not be run, or did not end in time."
)
IMAGES = Family("core_images", Type.GAUGE, "Images.")
NETWORKS = Family("core_networks", Type.GAUGE, "Networks, predefined ones included.")
VOLUMES = Family("core_volumes", Type.GAUGE, "Volumes.")

FAMILIES = (STATES, INFO, CPUS, MEMORY, EVENTS, SUBSCRIBERS, CHECKS, FAILED_CHECKS, IMAGES, NETWORKS, VOLUMES)

_RUNNING = frozenset({ContainerState.RUNNING, ContainerState.RESTARTING})


def samples(
    info: SystemInfo, counters: EngineCounters, containers: Sequence[ContainerInfo]
) -> Iterator[tuple[Family, Sequence[Sample]]]:
    """Yield every family of the engine."""
    yield STATES, _states(containers)
    yield INFO, [(_described(info), 1)]
    yield CPUS, [("", info.cpus)]
    yield MEMORY, [("", info.memory_total)]
    yield EVENTS, [("", counters.events)]
    yield SUBSCRIBERS, [("", counters.event_subscribers)]
    yield CHECKS, [("", counters.health_checks)]
    yield FAILED_CHECKS, [("", counters.failed_health_checks)]
    yield IMAGES, [("", counters.images)]
    yield NETWORKS, [("", counters.networks)]
    yield VOLUMES, [("", counters.volumes)]


def _states(containers: Sequence[ContainerInfo]) -> list[Sample]:
    """Count as `docker info` does: what waits to be started again counts as running."""
    found = Counter(_word(info.state) for info in containers)
    return [(f'state="{word}"', found[word]) for word in ("paused", "running", "stopped")]


def _word(state: ContainerState) -> str:
    if state is ContainerState.PAUSED:
        return "paused"
    return "running" if state in _RUNNING else "stopped"


def _described(info: SystemInfo) -> str:
    return labels_of(
        {
            "architecture": info.machine,
            "commit": "",
            "daemon_id": info.id,
            "graphdriver": info.storage_driver,
            "kernel": info.kernel_version,
            "os": info.operating_system,
            "os_type": "linux",
            "os_version": info.os_version,
            "version": info.version,
        }
    )
