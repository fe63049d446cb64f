"""The runtime: containers are made by crun or runc, and supervised by a shim that needs neither them nor the daemon."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import anyio

from plugins.runtime_oci.binary import Binary, CommandFailed
from plugins.runtime_oci.cgroups import Cgroups
from plugins.runtime_oci.console import ConsoleSocket
from plugins.runtime_oci.failures import reason_of, start_failed
from plugins.runtime_oci.files import ContainerFiles
from plugins.runtime_oci.launch import BinaryFailed, Launch, abandon, launch
from plugins.runtime_oci.plans import make_plan
from plugins.runtime_oci.removal import discard
from plugins.runtime_oci.surroundings import Identity, Surroundings
from plugins.runtime_oci.task import OCITask
from sdk.drivers.runtime import Bundle, ProcessIO, Runtime, Task
from sdk.providers import PluginContext
from sdk.shim.adopt import adopt
from sdk.shim.process import Supervised
from sdk.shim.spawn import Executor
from sdk.shim.supervision import shims_titled

THREADS = 16


class OCIRuntime(Runtime):
    """Drives one binary."""

    def __init__(self, binary: Binary, executor: Executor, cgroups: Cgroups, context: PluginContext) -> None:
        title = ("core-shim", "oci", context.instance)
        self._around = Surroundings(binary, executor, cgroups, context.exec_root, title, anyio.CapacityLimiter(THREADS))

    async def start(self, bundle: Bundle, io: ProcessIO) -> Task:
        identity = self._identity(bundle.id, bundle.path, bundle.spec.linux.cgroups_path)
        task = OCITask(await self._around.offload(lambda: self._launch(bundle, io, identity)), identity, self._around)
        task.watch()
        return task

    def _identity(self, container_id: str, path: Path, cgroups_path: str) -> Identity:
        return Identity(container_id, ContainerFiles(path), self._around.cgroups.path(container_id, cgroups_path))

    def _launch(self, bundle: Bundle, io: ProcessIO, identity: Identity) -> Supervised:
        try:
            identity.files.write_bundle(bundle.spec, identity.cgroups_path, io)
            return self._create_and_start(bundle, io, identity)
        except (BinaryFailed, CommandFailed, OSError) as error:
            args = bundle.spec.process.args
            failure = start_failed(reason_of(identity.files.log(), error), args[0] if args else "")
            discard(identity, self._around)
            raise failure from error

    def _create_and_start(self, bundle: Bundle, io: ProcessIO, identity: Identity) -> Supervised:
        console = ConsoleSocket(self._around.consoles) if io.terminal else None
        try:
            launched = launch(self._around.executor, self._request(bundle, io, identity, console))
        finally:
            if console:
                console.close()
        try:
            self._around.binary.run("start", bundle.id)
        except CommandFailed:
            abandon(launched)
            raise
        return launched

    def _request(self, bundle: Bundle, io: ProcessIO, identity: Identity, console: ConsoleSocket | None) -> Launch:
        files = identity.files
        command = self._around.binary.command(
            "create",
            "--bundle",
            files.bundle,
            "--pid-file",
            files.pid_file(),
            *(("--console-socket", console.path) if console else ()),
            bundle.id,
            log=files.log(),
        )
        return Launch(
            plan=make_plan(command, linger=True, rootfs=bundle.rootfs, root=str(files.rootfs), binds=files.binds(bundle.spec)),
            io=io,
            title=(*self._around.title, bundle.id),
            pid_file=files.pid_file(),
            console=console,
            state_path=files.state,
            linger=True,
        )

    async def adopt(self, container_id: str, path: Path) -> Task | None:
        found = await self._around.offload(lambda: self._find(container_id, path))
        if found is None:
            return None
        parts, identity = found
        task = OCITask(parts, identity, self._around)
        task.watch()
        return task

    def _find(self, container_id: str, path: Path) -> tuple[Supervised, Identity] | None:
        spec = ContainerFiles(path).read_spec()
        identity = self._identity(container_id, path, spec.linux.cgroups_path if spec else "")
        state = self._around.binary.state(container_id) if spec else None
        if state is None or state.status in ("creating", "created"):
            return None
        parts = adopt(identity.files.state)
        return (parts, identity) if parts else None

    async def discard(self, container_id: str, path: Path) -> None:
        spec = ContainerFiles(path).read_spec()
        identity = self._identity(container_id, path, spec.linux.cgroups_path if spec else "")
        await self._around.offload(lambda: discard(identity, self._around))

    async def audit(self) -> Sequence[str]:
        return await self._around.offload(self._audit)

    def _audit(self) -> list[str]:
        around = self._around
        return [
            *(f"container {name} in {around.binary.root}" for name in around.binary.known()),
            *(f"supervisor process {pid}" for pid in shims_titled(*around.title)),
            *(f"cgroup {directory}" for directory in around.cgroups.children()),
        ]

    async def status(self) -> Mapping[str, str]:
        around = self._around
        return {"CgroupVersion": str(around.cgroups.version), "CgroupDriver": "cgroupfs", "Binary": around.binary.version}
