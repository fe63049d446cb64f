"""The processes of containers, by the ID that a record keeps: the kernel gives one to another process after its own has ended."""

from pathlib import Path


def is_process_of(pid: int, container_id: str) -> bool:
    """Tell by its cgroup, whose path has the container's ID (cgroups(7)), whether a process lives and is a container's. 0 is none."""
    try:
        return pid > 0 and container_id in Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return False
