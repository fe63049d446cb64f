"""A daemon whose data root is a disk of its own, which can be full or break."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import MIRROR
from tests.daemon import Daemon
from tests.network import NetworkNamespace
from tests.tmpfs import unmount


@contextmanager
def daemon_on_disk(directory: Path, network: NetworkNamespace, mount: Callable[[Daemon], None]) -> Iterator[Daemon]:
    """Run a daemon that has busybox; `mount` mounts the disk at its data root. At the end nothing of it may be left."""
    daemon = Daemon(directory, network, MIRROR)
    daemon.data_root.mkdir()
    mount(daemon)
    try:
        daemon.start()
        daemon.docker("pull", "--quiet", "busybox")
        yield daemon
        daemon.finish()
    finally:
        daemon.destroy()
        unmount(daemon.data_root)
        shutil.rmtree(directory)


def state(daemon: Daemon, name: str) -> str:
    """Return the status of a container and the status it exited with."""
    return daemon.docker("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", name).stdout.strip()
