"""The daemon's own process, in the names that Prometheus' client libraries give."""

import os
import resource
from collections.abc import Iterator, Sequence
from pathlib import Path

from plugins.api_metrics.text import Family, Sample, Type

CPU = Family("process_cpu_seconds_total", Type.COUNTER, "CPU time of the daemon, user and system, in seconds.")
RESIDENT = Family("process_resident_memory_bytes", Type.GAUGE, "Resident memory of the daemon.")
VIRTUAL = Family("process_virtual_memory_bytes", Type.GAUGE, "Virtual memory of the daemon.")
OPEN_FDS = Family("process_open_fds", Type.GAUGE, "Open file descriptors of the daemon.")
MAX_FDS = Family("process_max_fds", Type.GAUGE, "How many file descriptors the daemon may have open.")
STARTED = Family("process_start_time_seconds", Type.GAUGE, "When the daemon's process started, in seconds since 1970.")

FAMILIES = (CPU, RESIDENT, VIRTUAL, OPEN_FDS, MAX_FDS, STARTED)


def samples(started_at: float) -> Iterator[tuple[Family, Sequence[Sample]]]:
    """Yield every family of this process."""
    usage, page = resource.getrusage(resource.RUSAGE_SELF), resource.getpagesize()
    virtual, resident = (int(pages) * page for pages in Path("/proc/self/statm").read_text().split()[:2])
    limit, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    values = (usage.ru_utime + usage.ru_stime, resident, virtual, len(os.listdir("/proc/self/fd")), limit, started_at)
    for family, value in zip(FAMILIES, values, strict=True):
        yield family, [("", value)]
