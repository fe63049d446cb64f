"""Freeing everything of a container, however far it has come."""

import os
import select
import signal
from collections.abc import Iterable
from contextlib import suppress

from plugins.runtime_oci.binary import CommandFailed
from plugins.runtime_oci.surroundings import Identity, Surroundings
from sdk.linux.pidfd import open_process, send_signal
from sdk.shim.state import StateFile
from sdk.shim.supervision import find_shim, shims_titled

PATIENCE_MS = 5000
"""Longest wait for a killed process."""


def remove(identity: Identity, around: Surroundings) -> None:
    """Let the binary kill and forget a container, and remove what it leaves when it was killed itself; idempotent. Blocks."""
    if identity.id in around.binary.known():
        with suppress(CommandFailed):
            around.binary.run("delete", "--force", identity.id)
        around.binary.forget(identity.id)
    around.cgroups.destroy(identity.cgroups_path)


def discard(identity: Identity, around: Surroundings) -> None:
    """Free a container that the daemon holds no task of; idempotent. Blocks."""
    _kill(shims_titled("--pid-file", str(identity.files.pid_file())))  # the binary itself, in the middle of making it
    remove(identity, around)
    with suppress(OSError):  # a state that cannot be read: what goes by the container's name is ended next
        _end_shim(identity)
    _kill(shims_titled(*around.title, identity.id))
    identity.files.remove()


def _end_shim(identity: Identity) -> None:
    state = StateFile.open(identity.files.state)
    if state is None:
        return
    if shim := find_shim(state):
        shim.end()
    state.close()


def _kill(pids: Iterable[int]) -> None:
    """Kill processes and wait until they are gone."""
    for pid in pids:
        if (pidfd := open_process(pid)) is not None:
            send_signal(pidfd, signal.SIGKILL)
            poll = select.poll()
            poll.register(pidfd, select.POLLIN)
            poll.poll(PATIENCE_MS)
            os.close(pidfd)
