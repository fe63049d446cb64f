"""The processes of containers, by the ID that a record keeps: the kernel gives one to another process after its own has ended."""

from pathlib import Path

_PROC = Path("/proc")


def is_process_of(pid: int, container_id: str) -> bool:
    """Tell by its cgroup, whose path has the container's ID (cgroups(7)), whether a process lives and is a container's. 0 is none."""
    try:
        return pid > 0 and container_id.encode() in (_PROC / str(pid) / "cgroup").read_bytes()
    except OSError:
        return False
