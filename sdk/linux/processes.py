"""What the kernel tells of a process by its ID."""

import os
import time
from pathlib import Path


def began(pid: int) -> float:
    """Return when a process began, in seconds since 1970 (proc_pid_stat(5), field 22). Raises OSError if there is none."""
    ticks = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    return time.time() - uptime + ticks / os.sysconf("SC_CLK_TCK")
