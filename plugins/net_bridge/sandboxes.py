"""Sandboxes this process made, by the path others reach them at."""

import os

from plugins.net_bridge.graveyard import Graveyard
from plugins.net_bridge.kernel.namespaces import Namespace
from sdk.drivers.network import Sandbox


class Sandboxes:
    """Keeps each namespace's descriptor until it is released, so that its path stays good."""

    def __init__(self) -> None:
        self._held: dict[str, Namespace] = {}
        self._graveyard = Graveyard()

    def keep(self, namespace: Namespace) -> Sandbox:
        """Take over a namespace and return it as a sandbox."""
        namespace.route.close()  # a socket inside would cost a descriptor for each container, and is rarely needed again
        sandbox = Sandbox(f"/proc/{os.getpid()}/fd/{namespace.fd}")
        self._held[sandbox.path] = namespace
        return sandbox

    def release(self, sandbox: Sandbox) -> None:
        """Let go of a sandbox; idempotent."""
        if namespace := self._held.pop(sandbox.path, None):
            self._graveyard.bury(namespace)

    def discard(self, namespace: Namespace) -> None:
        """Let go of a namespace that did not become a sandbox."""
        self._graveyard.bury(namespace)

    def close(self) -> None:
        """Let go of all: those in use live on by their processes."""
        for path in list(self._held):
            self.release(Sandbox(path))
        self._graveyard.close()
