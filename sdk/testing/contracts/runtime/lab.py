"""Where the cases of the contract run containers."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import anyio.to_thread
import msgspec

from sdk.drivers.runtime import Bundle, ProcessIO, Runtime, Task
from sdk.oci import runtime as oci
from sdk.testing.bundles import BundleFactory, container_spec, process
from sdk.testing.runtimes import exit_code, read_all
from sdk.testing.sacrifice import Order

PIPES = ProcessIO()
INTERACTIVE = ProcessIO(stdin=True)
TERMINAL = ProcessIO(terminal=True, stdin=True, rows=24, columns=80)
MB = 1 << 20


@dataclass(frozen=True, slots=True)
class Lab:
    """An opened runtime and bundles for it, in a directory on tmpfs."""

    plugin: str
    settings: Mapping[str, str]
    root: Path
    runtime: Runtime
    bundles: BundleFactory
    given: list[Task] = field(default_factory=list)
    """The containers that cases got from here."""

    def close(self) -> None:
        """Close what the given containers hold open; idempotent."""
        for task in self.given:
            task.close()

    def bundle(self, *args: str, io: ProcessIO = PIPES, limits: oci.Resources | None = None) -> Bundle:
        """Make the bundle of a container that runs a command."""
        return self.bundles.bundle(container_spec(process(*args, terminal=io.terminal), limits))

    async def start(self, *args: str, io: ProcessIO = PIPES, limits: oci.Resources | None = None) -> Task:
        """Start a container that runs a command."""
        return self._given(await self.runtime.start(self.bundle(*args, io=io, limits=limits), io))

    async def start_spec(self, spec: oci.Spec, io: ProcessIO = PIPES) -> Task:
        """Start a container by its spec."""
        return self._given(await self.runtime.start(self.bundles.bundle(spec), io))

    def _given(self, task: Task) -> Task:
        self.given.append(task)
        return task

    async def sleeper(self, limits: oci.Resources | None = None) -> Task:
        """Start a container that does nothing for long."""
        return await self.start("sleep", "1000", limits=limits)

    async def run(self, *args: str) -> tuple[int, bytes, bytes]:
        """Run a command to its end; return its exit code, output and errors."""
        task = await self.start(*args)
        out, err, code = await read_all(task.stdout), await read_all(task.stderr), await exit_code(task)
        await task.delete()
        return code, out, err

    def doomed(self, bundle: Bundle, io: ProcessIO) -> "subprocess.Popen[bytes]":
        """Start a container from a daemon of its own, which is about to be killed and says `started` on its stdout."""
        order = Order(
            self.plugin, dict(self.settings), str(self.root), bundle.id, str(bundle.path), bundle.spec, tuple(bundle.rootfs), io
        )
        daemon = subprocess.Popen(
            [sys.executable, "-m", "sdk.testing.sacrifice"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        assert daemon.stdin
        daemon.stdin.write(msgspec.json.encode(order))
        daemon.stdin.close()
        return daemon

    async def orphan(self, bundle: Bundle, io: ProcessIO = PIPES) -> None:
        """Start a container from another daemon and kill that."""
        daemon = self.doomed(bundle, io)
        assert daemon.stdout
        assert await anyio.to_thread.run_sync(daemon.stdout.readline) == b"started\n"
        kill(daemon)

    async def survivor(self, bundle: Bundle, io: ProcessIO = PIPES) -> Task:
        """Start a container from another daemon, kill that, and adopt the container."""
        await self.orphan(bundle, io)
        task = await self.runtime.adopt(bundle.id, bundle.path)
        assert task is not None
        return self._given(task)


def kill(daemon: "subprocess.Popen[bytes]") -> None:
    """Kill a doomed daemon."""
    daemon.kill()
    daemon.wait()
    if daemon.stdout:
        daemon.stdout.close()
