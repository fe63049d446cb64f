"""The runtime that drives crun or runc, as the engine's kernel sees it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread

from plugins.runtime_oci.binary import find_binary
from plugins.runtime_oci.cgroups import Cgroups
from plugins.runtime_oci.runtime import OCIRuntime
from plugins.runtime_oci.settings import OCISettings
from sdk.hookspecs import hookimpl
from sdk.providers import PluginContext, RuntimeProvider
from sdk.shim.spawn import python_executor, sysrun


@asynccontextmanager
async def open_runtime(context: PluginContext, settings: OCISettings) -> AsyncIterator[OCIRuntime]:
    """Open the runtime. Raises SkipPlugin where no binary works."""
    binary = await anyio.to_thread.run_sync(find_binary, settings.binary, context.exec_root, settings.arguments)
    executor = sysrun() or python_executor()
    cgroups = Cgroups.of_this_host(context.instance)
    try:
        yield OCIRuntime(binary, executor, cgroups, context)
    finally:
        executor.close()
        cgroups.remove_parent()


@hookimpl
def provide_runtime() -> RuntimeProvider[OCISettings]:
    """Provide the runtime `oci`."""
    return RuntimeProvider("oci", OCISettings, open_runtime)
