"""The runtime: containers made of namespaces, each by a plan and with a micro-shim."""

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from msgspec import structs

from plugins.runtime_ns.cgroups.driver import Cgroup
from plugins.runtime_ns.container_plan import MARKS, container_plan, root_directory
from plugins.runtime_ns.context import RuntimeContext, filter_program
from plugins.runtime_ns.failures import start_failed
from plugins.runtime_ns.record import STATE, TaskRecord, load_record, remove_records, save_record
from plugins.runtime_ns.steps.capabilities import capability_sets
from plugins.runtime_ns.steps.security import Confinement
from plugins.runtime_ns.task import NamespaceTask
from plugins.runtime_ns.templates import PlanTemplates
from sdk.drivers.runtime import BatchStats, Bundle, PlanExplainer, ProcessIO, Runtime, Task, TaskStats
from sdk.oci.cgroups import clean_cgroup_path
from sdk.oci.runtime import Resources, Spec
from sdk.shim.adopt import abandon, adopt
from sdk.shim.describe import describe
from sdk.shim.launch import Launch, PlanFailed, launch
from sdk.shim.layout import CGROUP_FD
from sdk.shim.plan import Plan, Program
from sdk.shim.process import Supervised
from sdk.shim.supervision import end_shim, shims_titled
from sdk.tracing import is_traced, step


class NamespaceRuntime(Runtime, BatchStats, PlanExplainer):
    """See `sdk.drivers.runtime.Runtime`."""

    def __init__(self, context: RuntimeContext) -> None:
        self._context = context
        self._templates = PlanTemplates(self._plan)

    async def start(self, bundle: Bundle, io: ProcessIO) -> Task:
        task = await self._context.in_thread(partial(self._start, bundle, io))
        task.watch()
        return task

    async def adopt(self, container_id: str, path: Path) -> Task | None:
        task = await self._context.in_thread(partial(self._adopt, container_id, path))
        if task:
            task.watch()
        return task

    async def discard(self, container_id: str, path: Path) -> None:
        await self._context.in_thread(partial(self._discard, container_id, path))

    async def audit(self) -> Sequence[str]:
        return await self._context.in_thread(self._audit)

    async def stats_many(self, container_ids: Sequence[str]) -> Mapping[str, TaskStats]:
        return await self._context.in_thread(partial(self._stats_many, container_ids))

    async def status(self) -> Mapping[str, str]:
        return {
            "CgroupVersion": str(self._context.machine.hierarchy.version),
            "CgroupDriver": "cgroupfs",
            "Executor": self._context.executor.name,
        }

    def describe(self, bundle: Bundle, io: ProcessIO) -> Sequence[tuple[str, str]]:
        bundle = self._placed(bundle)
        return describe(self._plan(bundle, io))

    def _stats_many(self, container_ids: Sequence[str]) -> Mapping[str, TaskStats]:
        places = ((container_id, self._context.containers.cgroup_of(container_id)) for container_id in container_ids)
        hierarchy = self._context.machine.hierarchy
        found = ((container_id, hierarchy.cgroup(place).brief_stats()) for container_id, place in places if place)
        return {container_id: stats for container_id, stats in found if stats is not None}

    def _start(self, bundle: Bundle, io: ProcessIO) -> NamespaceTask:
        bundle = self._placed(bundle)
        confinement = self._confinement(bundle.spec)
        timed = is_traced()
        with step("runtime.plan"):
            plan = self._templates.plan(bundle, io, timed=timed)
        cgroup = self._context.machine.hierarchy.cgroup(bundle.spec.linux.cgroups_path)
        record = TaskRecord(cgroup.path, confinement.seccomp)
        with ExitStack() as undo:
            undo.callback(remove_records, bundle.path)
            save_record(bundle.path, record)
            self._context.note(bundle.id, cgroup.path)
            undo.callback(self._context.destroy, bundle.id, cgroup)
            with step("runtime.cgroup"):
                cgroup.create(bundle.spec.linux.resources or Resources())
            with step("runtime.launch"):
                supervised = self._launch(bundle, io, plan, cgroup, MARKS if timed else ())
            undo.pop_all()
        return NamespaceTask(bundle.id, bundle.path, supervised, record, self._context)

    def _plan(self, bundle: Bundle, io: ProcessIO, *, timed: bool = False) -> Plan:
        return container_plan(bundle, io, self._confinement(bundle.spec), self._context.machine, timed=timed)

    def _launch(self, bundle: Bundle, io: ProcessIO, plan: Program, cgroup: Cgroup, marks: Sequence[str]) -> Supervised:
        if bundle.rootfs:
            os.makedirs(root_directory(bundle), exist_ok=True)
        with ExitStack() as opened:
            descriptors = {}
            if (directory := cgroup.open_directory()) is not None:
                opened.callback(os.close, directory)
                descriptors[CGROUP_FD] = directory
            title = (*self._context.title, bundle.id)
            request = Launch(
                plan=plan,
                io=io,
                title=title,
                state_path=bundle.path / STATE,
                linger=True,
                descriptors=descriptors,
                marks=marks,
            )
            try:
                return launch(self._context.executor, request)
            except PlanFailed as failure:
                raise start_failed(failure) from failure

    def _placed(self, bundle: Bundle) -> Bundle:
        """Return the bundle with a cgroup of ours if its spec leaves that to the runtime, and without detours in the path of its own."""
        asked = bundle.spec.linux.cgroups_path
        path = clean_cgroup_path(asked or f"{'-'.join(self._context.title)}/{bundle.id}")
        if path == asked:
            return bundle
        linux = structs.replace(bundle.spec.linux, cgroups_path=path)
        return replace(bundle, spec=structs.replace(bundle.spec, linux=linux))

    def _confinement(self, spec: Spec) -> Confinement:
        sets = capability_sets(spec.process.capabilities, self._context.capabilities)
        return Confinement(sets, filter_program(spec.linux.seccomp))

    def _adopt(self, container_id: str, path: Path) -> NamespaceTask | None:
        record = load_record(path)
        supervised = adopt(path / STATE)
        if record is None or supervised is None:
            return None
        if supervised.shim is None:
            self._context.machine.hierarchy.cgroup(record.cgroup).kill()
        return NamespaceTask(container_id, path, supervised, record, self._context)

    def _discard(self, container_id: str, path: Path) -> None:
        record = load_record(path)
        place = record.cgroup if record else self._context.containers.cgroup_of(container_id)
        if place:
            self._context.machine.hierarchy.cgroup(place).kill()
        with suppress(OSError):  # a state that cannot be read: what goes by the container's name is ended below
            abandon(path / STATE)
        for pid in shims_titled(*self._context.title, container_id):
            end_shim(pid)
        if place:
            self._context.destroy(container_id, self._context.machine.hierarchy.cgroup(place))
        if path.is_dir():
            remove_records(path)

    def _audit(self) -> Sequence[str]:
        entries = self._context.containers.entries()
        noted = {name: self._context.machine.hierarchy.cgroup(path) for name, path in entries.items()}
        found = [f"cgroup {cgroup.path} of container {name}" for name, cgroup in noted.items() if cgroup.exists()]
        return [*found, *(f"supervisor process {pid}" for pid in shims_titled(*self._context.title))]
