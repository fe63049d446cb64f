"""`docker info`: the engine and its machine."""

import os
import platform
from collections import Counter
from collections.abc import Awaitable, Mapping

import anyio

from core.containers.cdi.catalog import read_catalog
from core.defaults import without_credentials
from core.engine.context import EngineContext, EngineSettings
from core.volumes.drivers import driver_names
from sdk.engine.containers import ContainerState
from sdk.engine.system import PluginStatus, SystemInfo
from sdk.errors import EngineError
from sdk.oci.descriptor import host

VERSION = "0.1.0"


async def info(context: EngineContext, plugins: tuple[PluginStatus, ...], started_ns: int) -> SystemInfo:
    """Describe the engine and its machine."""
    states = Counter(live.record.state for live in context.containers)
    running, paused = states[ContainerState.RUNNING] + states[ContainerState.RESTARTING], states[ContainerState.PAUSED]
    system, drivers, settings = os.uname(), context.drivers, context.settings
    warnings = [f"WARNING: {complaint}" for complaint in drivers.complaints()]
    runtime = await _status(_runtime_status(context), warnings)
    storage = await _status(drivers.storage.status(), warnings)
    cdi = await anyio.to_thread.run_sync(read_catalog, settings.cdi_spec_dirs)
    warnings += (f"CDI: Error associated with spec file {path}: {fault}" for path, fault in cdi.faults)
    return SystemInfo(
        id=settings.engine_id or settings.instance,
        name=system.nodename,
        version=VERSION,
        data_root=str(settings.data_root),
        kernel_version=system.release,
        operating_system=_release("PRETTY_NAME", "Linux"),
        os_version=_release("VERSION_ID", ""),
        architecture=host().architecture,
        machine=system.machine,
        cpus=os.cpu_count() or 1,
        memory_total=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        containers=states.total(),
        running=running,
        paused=paused,
        stopped=states.total() - running - paused,
        images=len(list(context.images)),
        storage_driver=drivers.storage_name,
        storage_status=storage,
        runtime=context.runtime_name(),
        runtimes=tuple(drivers.runtimes),
        cgroup_driver=runtime.get("CgroupDriver", "cgroupfs"),
        cgroup_version=runtime.get("CgroupVersion", "1"),
        network_drivers=(*drivers.networks, "host", "null"),
        volume_drivers=driver_names(drivers),
        log_drivers=(*drivers.logs, "none"),
        default_log_driver=drivers.log_name,
        security_options=_security_options(settings),
        registry_mirrors=settings.registry_mirrors,
        insecure_registries=settings.insecure_registries,
        labels=settings.labels,
        plugins=plugins,
        started_ns=started_ns,
        goroutines=len(anyio.get_running_tasks()),
        file_descriptors=len(os.listdir("/proc/self/fd")),
        event_listeners=context.events.subscribers,
        debug=settings.debug,
        live_restore=settings.live_restore,
        http_proxy=without_credentials(settings.proxies.http),
        https_proxy=without_credentials(settings.proxies.https),
        no_proxy=settings.proxies.none,
        init_binary=settings.containers.init_path,
        address_pools=tuple((pool.base, pool.size) for pool in settings.networks.address_pools),
        runtime_paths=dict(settings.runtimes),
        cdi_spec_dirs=settings.cdi_spec_dirs,
        authorizers=settings.authorizers,
        cdi_devices=tuple(cdi.devices),
        warnings=(*settings.warnings, *warnings),
    )


async def _runtime_status(context: EngineContext) -> Mapping[str, str]:
    """Return what the default runtime tells of itself. Raises InvalidArgument for one that could not be opened."""
    return await context.drivers.runtime(context.runtime_name()).status()


async def _status(status: Awaitable[Mapping[str, str]], warnings: list[str]) -> Mapping[str, str]:
    """Return what a driver tells of itself; one that cannot tell is a warning, and all else is told."""
    try:
        return await status
    except EngineError as error:
        warnings.append(f"WARNING: {error.message}")
        return {}


def _security_options(settings: EngineSettings) -> tuple[str, ...]:
    flag = ("name=no-new-privileges",) if settings.containers.no_new_privileges else ()
    return (f"name=seccomp,profile={settings.containers.seccomp_profile}", "name=cgroupns", *flag)


def _release(key: str, default: str) -> str:
    try:
        return platform.freedesktop_os_release().get(key, default)
    except OSError:
        return default
