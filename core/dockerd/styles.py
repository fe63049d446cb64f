"""As whom the daemon is started: as `core serve`, or under the name `dockerd`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import JsonValue

from core.config import DEFAULT_FILE


@dataclass(frozen=True, slots=True)
class Style:
    """`file` is the configuration file that is read unless another is named; `defaults` stand below it."""

    program: str
    file: Path
    reads_daemon_json: bool = False
    defaults: Mapping[str, JsonValue] = field(default_factory=dict)


CORE = Style("core serve", DEFAULT_FILE)

DOCKERD = Style(
    "dockerd",
    Path("/etc/docker/daemon.json"),
    reads_daemon_json=True,
    defaults={
        "hosts": ["unix:///var/run/docker.sock"],
        "pidfile": "/var/run/docker.pid",
        "containers": {"runtime": "runc"},
        "bridge": {"managed": "docker0"},
    },
)
"""The data root stays ours: /var/lib/docker may be a real dockerd's."""
