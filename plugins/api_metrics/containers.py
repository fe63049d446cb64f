"""Running containers, in cAdvisor's names."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from plugins.api_metrics.devices import device_name
from plugins.api_metrics.settings import label_name
from plugins.api_metrics.text import Family, Number, Sample, Type, labels_of
from sdk.engine.config import Limits
from sdk.engine.containers import ContainerInfo, InterfaceStats, StatsReading

_PERIOD = 100_000
"""The kernel's default period of CPU quotas, in microseconds."""
_SHARES = 1024


@dataclass(frozen=True, slots=True)
class Read:
    """A container with a reading, and the labels that all its series have."""

    info: ContainerInfo
    reading: StatsReading
    labels: str


Value = Callable[[Read], Number | None]


def _counter(name: str, text: str) -> Family:
    return Family(f"container_{name}", Type.COUNTER, text)


def _gauge(name: str, text: str) -> Family:
    return Family(f"container_{name}", Type.GAUGE, text)


CPU = _counter("cpu_usage_seconds_total", "CPU time, of all CPUs together.")
READS = _counter("fs_reads_bytes_total", "Bytes read from a block device.")
WRITES = _counter("fs_writes_bytes_total", "Bytes written to a block device.")

_PLAIN: tuple[tuple[Family, Value], ...] = (
    (_counter("cpu_user_seconds_total", "CPU time in user mode."), lambda c: c.reading.task.cpu.user / 1e9),
    (_counter("cpu_system_seconds_total", "CPU time in kernel mode."), lambda c: c.reading.task.cpu.system / 1e9),
    (_counter("cpu_cfs_periods_total", "Periods of the CPU quota that have passed."), lambda c: c.reading.task.cpu.periods),
    (
        _counter("cpu_cfs_throttled_periods_total", "Periods in which the CPU quota was used up."),
        lambda c: c.reading.task.cpu.throttled_periods,
    ),
    (
        _counter("cpu_cfs_throttled_seconds_total", "Time for which the CPU quota stopped the container."),
        lambda c: c.reading.task.cpu.throttled_time / 1e9,
    ),
    (_gauge("memory_usage_bytes", "Memory in use, page cache included."), lambda c: c.reading.task.memory.usage),
    (_gauge("memory_working_set_bytes", "Memory in use without the inactive page cache."), lambda c: _working_set(c.reading)),
    (_gauge("memory_rss", "Anonymous memory, in bytes."), lambda c: _detail(c.reading, "total_rss", "anon")),
    (_gauge("memory_cache", "Page cache, in bytes."), lambda c: _detail(c.reading, "total_cache", "file")),
    (_gauge("memory_max_usage_bytes", "The most memory that was in use."), lambda c: c.reading.task.memory.maximum),
    (_counter("memory_failcnt", "How often the memory limit was reached."), lambda c: c.reading.task.memory.failures),
    (
        _counter("oom_events_total", "Processes that the kernel killed for want of memory."),
        lambda c: c.reading.task.memory.oom_kills,
    ),
    (_gauge("processes", "Processes and threads, as the pids controller counts them."), lambda c: c.reading.task.pids),
    (_gauge("start_time_seconds", "When the container started, in seconds since 1970."), lambda c: c.info.started_ns / 1e9),
    (_gauge("last_seen", "When the figures were read, in seconds since 1970."), lambda c: c.reading.at_ns / 1e9),
    (_gauge("spec_memory_limit_bytes", "The memory limit; 0 for none."), lambda c: c.info.host_config.limits.memory),
    (_gauge("spec_cpu_shares", "The share of CPU time against other containers."), lambda c: _shares(c.info.host_config.limits)),
    (_gauge("spec_cpu_period", "The period of the CPU quota, in microseconds."), lambda c: _period(c.info.host_config.limits)),
    (_gauge("spec_cpu_quota", "CPU time a period, in microseconds."), lambda c: _quota(c.info.host_config.limits)),
)

_NETWORK: tuple[tuple[Family, Callable[[InterfaceStats], int]], ...] = (
    (_counter("network_receive_bytes_total", "Bytes received by an interface."), lambda i: i.rx_bytes),
    (_counter("network_receive_packets_total", "Packets received by an interface."), lambda i: i.rx_packets),
    (_counter("network_receive_errors_total", "Errors of an interface while it received."), lambda i: i.rx_errors),
    (_counter("network_receive_packets_dropped_total", "Received packets that were dropped."), lambda i: i.rx_dropped),
    (_counter("network_transmit_bytes_total", "Bytes sent by an interface."), lambda i: i.tx_bytes),
    (_counter("network_transmit_packets_total", "Packets sent by an interface."), lambda i: i.tx_packets),
    (_counter("network_transmit_errors_total", "Errors of an interface while it sent."), lambda i: i.tx_errors),
    (_counter("network_transmit_packets_dropped_total", "Packets to be sent that were dropped."), lambda i: i.tx_dropped),
)

FAMILIES = (CPU, *(family for family, _ in _PLAIN), READS, WRITES, *(family for family, _ in _NETWORK))


def labelled(info: ContainerInfo, reading: StatsReading, wanted: Sequence[str]) -> Read:
    """Return a container with its labels: cAdvisor's `id`, `image` and `name`, and of its own those that are wanted."""
    own = {label_name(label): info.config.labels[label] for label in wanted if label in info.config.labels}
    parent = info.host_config.cgroup_parent.strip("/") or "docker"
    return Read(info, reading, labels_of({"id": f"/{parent}/{info.id}", "image": info.image, "name": info.name, **own}))


def samples(containers: Sequence[Read]) -> Iterator[tuple[Family, Sequence[Sample]]]:
    """Yield every family of containers."""
    yield CPU, [(f'{each.labels},cpu="total"', each.reading.task.cpu.total / 1e9) for each in containers]
    for family, value in _PLAIN:
        yield family, [(each.labels, found) for each in containers if (found := value(each)) is not None]
    yield READS, _block_io(containers, "read")
    yield WRITES, _block_io(containers, "write")
    interfaces = [
        (f"{each.labels},{labels_of({'interface': name})}", stats)
        for each in containers
        for name, stats in each.reading.networks.items()
    ]
    for family, figure in _NETWORK:
        yield family, [(labels, figure(stats)) for labels, stats in interfaces]


def _block_io(containers: Sequence[Read], operation: str) -> list[Sample]:
    return [
        (f"{each.labels},{labels_of({'device': device_name(entry.major, entry.minor)})}", entry.value)
        for each in containers
        for entry in each.reading.task.io_service_bytes
        if entry.operation.lower() == operation
    ]


def _working_set(reading: StatsReading) -> int:
    """Return what cAdvisor gives: usage without the inactive page cache, never below 0."""
    return max(reading.task.memory.usage - _detail(reading, "total_inactive_file", "inactive_file"), 0)


def _detail(reading: StatsReading, version_1: str, version_2: str) -> int:
    return reading.task.memory.detail.get(version_1 if reading.task.cgroup_version == 1 else version_2, 0)


def _shares(limits: Limits) -> int:
    return limits.cpu_shares or _SHARES


def _period(limits: Limits) -> int:
    return limits.cpu_period or _PERIOD


def _quota(limits: Limits) -> int | None:
    """Return the quota; None, which is no series, for a container without one."""
    if limits.nano_cpus:
        return limits.nano_cpus * _period(limits) // 1_000_000_000
    return limits.cpu_quota if limits.cpu_quota > 0 else None
