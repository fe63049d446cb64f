"""The cgroup of a container, as the host sees it."""

from pathlib import Path

from tests.daemon import Daemon

HIERARCHY = Path("/sys/fs/cgroup")


class ContainerCgroup:
    """Looks at the files of a running container's cgroup."""

    def __init__(self, daemon: Daemon, container: str) -> None:
        pid = daemon.docker("inspect", "--format", "{{.State.Pid}}", container).stdout.strip()
        (line,) = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
        self.path = line.removeprefix("0::")

    def read(self, name: str) -> str:
        return (HIERARCHY / self.path.lstrip("/") / name).read_text().strip()

    def table(self, name: str) -> dict[str, int]:
        """Return a file of names and numbers."""
        return {key: int(value) for key, value in (line.split() for line in self.read(name).splitlines())}
