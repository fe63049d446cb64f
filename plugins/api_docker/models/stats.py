"""Container statistics on the wire; the names are lower case there."""

from msgspec import UNSET, Struct, UnsetType


class CPUUsage(Struct):
    total_usage: int
    usage_in_kernelmode: int
    usage_in_usermode: int
    percpu_usage: tuple[int, ...] | UnsetType = UNSET


class ThrottlingData(Struct):
    periods: int
    throttled_periods: int
    throttled_time: int


class CPUStats(Struct):
    cpu_usage: CPUUsage
    throttling_data: ThrottlingData
    system_cpu_usage: int | UnsetType = UNSET
    online_cpus: int | UnsetType = UNSET


class MemoryStats(Struct, omit_defaults=True):
    usage: int = 0
    max_usage: int = 0
    stats: dict[str, int] = {}
    failcnt: int = 0
    limit: int = 0


class BlkioEntry(Struct):
    major: int
    minor: int
    op: str
    value: int


class BlkioStats(Struct):
    io_service_bytes_recursive: list[BlkioEntry] | None
    io_serviced_recursive: list[BlkioEntry] | None
    io_queue_recursive: None = None
    io_service_time_recursive: None = None
    io_wait_time_recursive: None = None
    io_merged_recursive: None = None
    io_time_recursive: None = None
    sectors_recursive: None = None


class PidsStats(Struct, omit_defaults=True):
    current: int = 0
    limit: int = 0


class NetworkStats(Struct):
    rx_bytes: int
    rx_packets: int
    rx_errors: int
    rx_dropped: int
    tx_bytes: int
    tx_packets: int
    tx_errors: int
    tx_dropped: int


class Stats(Struct):
    name: str
    id: str
    read: str
    preread: str
    pids_stats: PidsStats
    blkio_stats: BlkioStats
    cpu_stats: CPUStats
    precpu_stats: CPUStats
    memory_stats: MemoryStats
    networks: dict[str, NetworkStats] | UnsetType = UNSET
    os_type: str | UnsetType = UNSET
    num_procs: int = 0
    storage_stats: dict[str, int] = {}
