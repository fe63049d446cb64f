"""The namespace runtime as a plugin."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from plugins.runtime_ns.context import RuntimeContext
from plugins.runtime_ns.ledger import Ledger
from plugins.runtime_ns.machine import this_machine
from plugins.runtime_ns.runtime import NamespaceRuntime
from plugins.runtime_ns.settings import NamespaceSettings
from sdk.hookspecs import hookimpl
from sdk.providers import PluginContext, RuntimeProvider
from sdk.shim.spawn import choose_executor
from sdk.shim.supervisor import NAME


@asynccontextmanager
async def open_runtime(plugin: PluginContext, settings: NamespaceSettings) -> AsyncIterator[NamespaceRuntime]:
    """Yield the runtime. Raises SkipPlugin where cgroups, the machine or the executor asked for do not do."""
    machine = this_machine(settings.cgroup_version)
    executor = choose_executor(settings.executor)
    limiter = anyio.CapacityLimiter(settings.parallel_starts)
    containers, parents = Ledger(plugin.exec_root / "containers"), Ledger(plugin.exec_root / "parents")
    context = RuntimeContext(executor, machine, containers, parents, (NAME, plugin.instance), limiter)
    try:
        yield NamespaceRuntime(context)
    finally:
        context.remove_parents()
        machine.hierarchy.programs.close()
        executor.close()


@hookimpl
def provide_runtime() -> RuntimeProvider[NamespaceSettings]:
    """The runtime `ns`."""
    return RuntimeProvider("ns", NamespaceSettings, open_runtime)
