"""Version, info and disk usage."""

import time

from msgspec import UNSET

from plugins.api_docker.convert.times import rfc3339_nano
from plugins.api_docker.models import system as wire
from plugins.api_docker.versions import MAXIMUM, MINIMUM, ApiVersion
from sdk.engine.system import SystemInfo

WITHOUT_BRIDGE_NETFILTER = (1, 50)
_FIREWALL = ApiVersion(1, 49)
_DEVICES = ApiVersion(1, 50)
_HUB = "docker.io"
_LOOPBACK = ("::1/128", "127.0.0.0/8")


def version(info: SystemInfo, *, experimental: bool = False) -> wire.Version:
    """Return the version object; the one component clients look for is called Engine."""
    started = rfc3339_nano(info.started_ns)
    details = {
        "ApiVersion": str(MAXIMUM),
        "Arch": info.architecture,
        "BuildTime": started,
        "Experimental": "true" if experimental else "false",
        "GitCommit": "",
        "GoVersion": "",
        "KernelVersion": info.kernel_version,
        "MinAPIVersion": str(MINIMUM),
        "Os": "linux",
    }
    return wire.Version(
        platform=wire.PlatformName(f"Core Engine {info.version}"),
        components=[wire.Component("Engine", info.version, details)],
        version=info.version,
        api_version=str(MAXIMUM),
        min_api_version=str(MINIMUM),
        git_commit="",
        go_version="",
        os="linux",
        arch=info.architecture,
        kernel_version=info.kernel_version,
        build_time=started,
        experimental=experimental,
    )


def info(system: SystemInfo, asked: ApiVersion = MAXIMUM, *, experimental: bool = False) -> wire.Info:
    """Return the info object; until API 1.50 it told of netfilter on bridges, which has been off since."""
    filtered = False if asked < WITHOUT_BRIDGE_NETFILTER else UNSET
    return wire.Info(
        id=system.id,
        containers=system.containers,
        containers_running=system.running,
        containers_paused=system.paused,
        containers_stopped=system.stopped,
        images=system.images,
        driver=system.storage_driver,
        driver_status=list(system.storage_status.items()),
        plugins=wire.PluginNames(system.volume_drivers, system.network_drivers, system.log_drivers, system.authorizers or None),
        docker_root_dir=system.data_root,
        system_time=rfc3339_nano(time.time_ns()),
        logging_driver=system.default_log_driver,
        cgroup_driver=system.cgroup_driver,
        cgroup_version=system.cgroup_version,
        oom_kill_disable=system.cgroup_version == "1",
        kernel_version=system.kernel_version,
        operating_system=system.operating_system,
        os_version=system.os_version,
        architecture=system.machine,
        ncpu=system.cpus,
        mem_total=system.memory_total,
        registry_config=_registries(system),
        name=system.name,
        labels=system.labels,
        server_version=system.version,
        runtimes={name: wire.RuntimePath(system.runtime_paths.get(name, name)) for name in system.runtimes},
        default_runtime=system.runtime,
        security_options=system.security_options,
        warnings=system.warnings or None,
        bridge_nf_iptables=filtered,
        bridge_nf_ip6tables=filtered,
        experimental_build=experimental,
        n_fd=system.file_descriptors,
        n_goroutines=system.goroutines,
        n_events_listener=system.event_listeners,
        debug=system.debug,
        live_restore_enabled=system.live_restore,
        http_proxy=system.http_proxy,
        https_proxy=system.https_proxy,
        no_proxy=system.no_proxy,
        init_binary=system.init_binary,
        default_address_pools=[wire.AddressPool(base, size) for base, size in system.address_pools] or None,
        cdi_spec_dirs=list(system.cdi_spec_dirs),
        firewall_backend=wire.FirewallInfo() if asked >= _FIREWALL else UNSET,
        discovered_devices=UNSET if asked < _DEVICES else [wire.DiscoveredDevice("cdi", name) for name in system.cdi_devices],
    )


def _registries(system: SystemInfo) -> wire.RegistryConfig:
    hub = wire.IndexConfig(_HUB, system.registry_mirrors, secure=True, official=True)
    named = [host for host in system.insecure_registries if "/" not in host]
    insecure = {host: wire.IndexConfig(host, (), secure=False, official=False) for host in named}
    blocks = dict.fromkeys((*_LOOPBACK, *(host for host in system.insecure_registries if "/" in host)))
    return wire.RegistryConfig(tuple(blocks), {_HUB: hub, **insecure}, system.registry_mirrors)
