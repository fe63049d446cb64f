"""Statistics: one reading and the one before it."""

from collections.abc import Sequence
from dataclasses import asdict

from msgspec import UNSET

from plugins.api_docker.convert.times import ZERO, rfc3339_nano
from plugins.api_docker.models import stats as wire
from plugins.api_docker.versions import MAXIMUM, ApiVersion
from sdk.drivers.runtime import BlockIOEntry
from sdk.engine.containers import StatsReading, StatsSample

TELLS_SYSTEM = ApiVersion(1, 52)

_NO_CPU = wire.CPUStats(wire.CPUUsage(0, 0, 0), wire.ThrottlingData(0, 0, 0))
_NO_IO = wire.BlkioStats(None, None)


def stats(sample: StatsSample, machine_memory: int, version: ApiVersion = MAXIMUM) -> wire.Stats:
    """Return one object of the stats stream; zeros for a container that does not run. No limit is the machine's memory."""
    now, before = sample.current, sample.previous
    return wire.Stats(
        name=f"/{sample.name}",
        id=sample.id,
        read=rfc3339_nano(now.at_ns) if now else ZERO,
        preread=rfc3339_nano(before.at_ns) if before else ZERO,
        pids_stats=wire.PidsStats(now.task.pids, now.task.pids_limit) if now else wire.PidsStats(),
        blkio_stats=_block_io(now) if now else _NO_IO,
        cpu_stats=_cpu(now) if now else _NO_CPU,
        precpu_stats=_cpu(before) if before else _NO_CPU,
        memory_stats=_memory(now, machine_memory) if now else wire.MemoryStats(),
        networks=_networks(now) if now and now.networks else UNSET,
        os_type="linux" if version >= TELLS_SYSTEM else UNSET,
    )


def _cpu(reading: StatsReading) -> wire.CPUStats:
    cpu = reading.task.cpu
    return wire.CPUStats(
        cpu_usage=wire.CPUUsage(cpu.total, cpu.system, cpu.user, cpu.per_cpu or UNSET),
        throttling_data=wire.ThrottlingData(cpu.periods, cpu.throttled_periods, cpu.throttled_time),
        system_cpu_usage=reading.system_ns,
        online_cpus=reading.online_cpus,
    )


def _memory(reading: StatsReading, machine_memory: int) -> wire.MemoryStats:
    """The raw usage: clients subtract the page cache themselves, by the names of their cgroup version."""
    memory = reading.task.memory
    limit = min(memory.limit or machine_memory, machine_memory)
    return wire.MemoryStats(memory.usage, memory.maximum, dict(memory.detail), memory.failures, limit)


def _block_io(reading: StatsReading) -> wire.BlkioStats:
    return wire.BlkioStats(_entries(reading.task.io_service_bytes), _entries(reading.task.io_serviced))


def _entries(entries: Sequence[BlockIOEntry]) -> list[wire.BlkioEntry] | None:
    return [wire.BlkioEntry(e.major, e.minor, e.operation, e.value) for e in entries] or None


def _networks(reading: StatsReading) -> dict[str, wire.NetworkStats]:
    return {name: wire.NetworkStats(**asdict(counters)) for name, counters in reading.networks.items()}
