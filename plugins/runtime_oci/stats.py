"""Counters of a container: from `runc events --stats`, or, for crun, which has no such command, from the files of cgroup version 2."""

from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct

from plugins.runtime_oci.cgroups import MOUNT
from sdk.drivers.runtime import BlockIOEntry, CPUStats, MemoryStats, TaskStats

UNLIMITED = 2**63
"""What the kernel calls no limit is around this."""


class Usage(Struct, frozen=True):
    total: int = 0
    kernel: int = 0
    user: int = 0
    percpu: tuple[int, ...] = ()


class Throttling(Struct, frozen=True, rename="camel"):
    periods: int = 0
    throttled_periods: int = 0
    throttled_time: int = 0


class CPU(Struct, frozen=True):
    usage: Usage = Usage()
    throttling: Throttling = Throttling()


class MemoryUsage(Struct, frozen=True):
    limit: int = 0
    usage: int = 0
    max: int = 0
    failcnt: int = 0


class Memory(Struct, frozen=True):
    usage: MemoryUsage = MemoryUsage()
    raw: dict[str, int] = {}


class Pids(Struct, frozen=True):
    current: int = 0
    limit: int = 0


class BlockIO(Struct, frozen=True):
    major: int = 0
    minor: int = 0
    op: str = ""
    value: int = 0


class BlockIOStats(Struct, frozen=True, rename="camel"):
    io_service_bytes_recursive: tuple[BlockIO, ...] | None = None
    io_serviced_recursive: tuple[BlockIO, ...] | None = None


class Counters(Struct, frozen=True):
    cpu: CPU = CPU()
    memory: Memory = Memory()
    pids: Pids = Pids()
    blkio: BlockIOStats = BlockIOStats()


class Reading(Struct, frozen=True):
    """What runc prints."""

    data: Counters


def _entries(found: Iterable[BlockIO] | None) -> tuple[BlockIOEntry, ...]:
    return tuple(BlockIOEntry(entry.major, entry.minor, entry.op, entry.value) for entry in found or ())


def parse_reading(text: bytes, cgroup_version: int) -> TaskStats:
    """Return what `runc events --stats` printed. Raises msgspec.DecodeError."""
    data = msgspec.json.decode(text, type=Reading).data
    usage, throttling, memory = data.cpu.usage, data.cpu.throttling, data.memory.usage
    return TaskStats(
        cgroup_version=cgroup_version,
        cpu=CPUStats(
            usage.total,
            usage.user,
            usage.kernel,
            usage.percpu,
            throttling.periods,
            throttling.throttled_periods,
            throttling.throttled_time,
        ),
        memory=MemoryStats(memory.usage, memory.max, memory.limit, memory.failcnt, data.memory.raw),
        pids=data.pids.current,
        pids_limit=data.pids.limit,
        io_service_bytes=_entries(data.blkio.io_service_bytes_recursive),
        io_serviced=_entries(data.blkio.io_serviced_recursive),
    )


def read_version_2(path: str, mount: Path = MOUNT) -> TaskStats:
    """Read the counters of a cgroup of version 2; files that are not there count as zero."""
    directory = mount / path.lstrip("/")
    cpu, events = _table(directory / "cpu.stat"), _table(directory / "memory.events")
    return TaskStats(
        cgroup_version=2,
        cpu=CPUStats(
            total=cpu.get("usage_usec", 0) * 1000,
            user=cpu.get("user_usec", 0) * 1000,
            system=cpu.get("system_usec", 0) * 1000,
            periods=cpu.get("nr_periods", 0),
            throttled_periods=cpu.get("nr_throttled", 0),
            throttled_time=cpu.get("throttled_usec", 0) * 1000,
        ),
        memory=MemoryStats(
            usage=_number(directory / "memory.current"),
            maximum=_number(directory / "memory.peak"),
            limit=_number(directory / "memory.max"),
            failures=events.get("max", 0),
            detail=_table(directory / "memory.stat"),
        ),
        pids=_number(directory / "pids.current"),
        pids_limit=_number(directory / "pids.max", no_limit=0),
        io_service_bytes=_io(directory / "io.stat", {"rbytes": "read", "wbytes": "write"}),
        io_serviced=_io(directory / "io.stat", {"rios": "read", "wios": "write"}),
    )


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text().splitlines()
    except OSError:
        return []


def _table(file: Path) -> dict[str, int]:
    return {key: int(value) for key, _, value in (line.partition(" ") for line in _lines(file))}


def _number(file: Path, no_limit: int = UNLIMITED) -> int:
    lines = _lines(file)
    return 0 if not lines else no_limit if lines[0] == "max" else int(lines[0])


def _io(file: Path, operations: dict[str, str]) -> tuple[BlockIOEntry, ...]:
    entries = []
    for line in _lines(file):
        device, *fields = line.split()
        major, _, minor = device.partition(":")
        counts = dict(field.split("=") for field in fields)
        entries += [
            BlockIOEntry(int(major), int(minor), word, int(counts[key])) for key, word in operations.items() if key in counts
        ]
    return tuple(entries)
