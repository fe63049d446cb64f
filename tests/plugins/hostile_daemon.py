"""A daemon with the plugin `hostile`, and how its drivers are told to misbehave."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import open_ready_daemon
from tests.daemon import Daemon
from tests.plugins.installing import with_hostile


class Hostile:
    """A daemon with hostile drivers, and the file that tells them what to do."""

    def __init__(self, daemon: Daemon, file: Path) -> None:
        self.daemon, self._file = daemon, file

    def be(self, method: str = "", behaviour: str = "") -> None:
        """Have one method misbehave from now on, or none."""
        aside = self._file.with_suffix(".new")
        aside.write_text(f"{method} {behaviour}")
        aside.rename(self._file)

    def docker(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the stock client, which may fail."""
        return self.daemon.docker(*words, check=False, timeout=60)


@contextmanager
def open_hostile(tmpfs: Path, registry_storage: Path, site: Path, config: str, module: str = "core_hostile") -> Iterator[Hostile]:
    """Run a daemon that holds the image busybox and finds the plugin, a module, in a directory."""
    file = site / "behaviour"
    environment = with_hostile(site, file, module)
    with open_ready_daemon(tmpfs, registry_storage, config, environment=environment) as daemon:
        yield Hostile(daemon, file)
