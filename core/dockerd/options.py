"""dockerd's options (releases 28 and 29): name, form, and the setting each one stands for."""

from dataclasses import dataclass
from enum import StrEnum


class Form(StrEnum):
    """How an option's value is written, on the command line and in `daemon.json`."""

    TEXT = "string"
    SWITCH = "bool"
    NUMBER = "int"
    BYTES = "bytes"
    ADDRESS = "ip"
    LIST = "list"
    ADDRESSES = "list of ip"
    PAIRS = "map"
    SWITCHES = "map of bool"
    NESTED = "mapmap"
    ULIMITS = "ulimit"
    POOLS = "pool-options"
    RUNTIMES = "runtime"


REPEATABLE = frozenset(Form) - {Form.TEXT, Form.SWITCH, Form.NUMBER, Form.BYTES, Form.ADDRESS}


@dataclass(frozen=True, slots=True)
class Option:
    """`key` is the name in `daemon.json` ("" where the file has no such key). `setting` is the dotted path in `core.config.Settings`;
    an option without one is accepted and has no effect. `refused` says why a value other than the default cannot be honoured."""

    flag: str
    form: Form
    help: str
    key: str = ""
    setting: str = ""
    short: str = ""
    refused: str = ""
    hidden: bool = False


def _same(flag: str, form: Form, text: str, setting: str = "", short: str = "", refused: str = "") -> Option:
    return Option(flag, form, text, flag, setting, short, refused)


_CONTAINERS, _BRIDGE, _NETWORKS = "containers.", "bridge.", "networks."

_DAEMON = (
    Option("host", Form.LIST, "Daemon socket(s) to connect to", "hosts", "hosts", "H"),
    _same("data-root", Form.TEXT, "Root directory of persistent state", "data_root"),
    _same("exec-root", Form.TEXT, "Root directory for execution state files", "exec_root"),
    _same("pidfile", Form.TEXT, "Path to use for daemon PID file", "pidfile", "p"),
    _same("group", Form.TEXT, "Group for the unix socket", "group", "G"),
    _same("debug", Form.SWITCH, "Enable debug mode", "debug", "D"),
    _same("log-level", Form.TEXT, 'Set the logging level ("debug"|"info"|"warn"|"error"|"fatal")', "log_level", "l"),
    _same("log-format", Form.TEXT, 'Set the logging format ("text"|"json")', "log_format"),
    _same("raw-logs", Form.SWITCH, "Full timestamps without ANSI coloring"),
    _same("tls", Form.SWITCH, "Use TLS; implied by --tlsverify; --tls=false allows plain TCP off loopback", "tls"),
    _same("tlsverify", Form.SWITCH, "Use TLS and verify the remote", "tlsverify"),
    _same("tlscacert", Form.TEXT, "Trust certs signed only by this CA", "tlscacert"),
    _same("tlscert", Form.TEXT, "Path to TLS certificate file", "tlscert"),
    _same("tlskey", Form.TEXT, "Path to TLS key file", "tlskey"),
    Option("label", Form.LIST, "Set key=value labels to the daemon", "labels", "labels"),
    _same("live-restore", Form.SWITCH, "Keep containers running while the daemon is not", "live_restore"),
    _same("shutdown-timeout", Form.NUMBER, "Seconds the daemon waits for its containers when it stops", "shutdown_timeout"),
    _same("experimental", Form.SWITCH, "Enable experimental features", "plugins.api_docker.experimental"),
    Option("feature", Form.SWITCHES, "Enable feature in the daemon", "features", "features"),
    Option(
        "authorization-plugin",
        Form.LIST,
        "Authorization plugins to load",
        "authorization-plugins",
        "drivers.authorizers",
    ),
    _same("metrics-addr", Form.TEXT, "Set default address and port to serve the metrics api on", "plugins.api_metrics.address"),
    _same("swarm-default-advertise-addr", Form.TEXT, "Set default address or interface for swarm advertised address"),
    Option("node-generic-resource", Form.LIST, "Advertise user-defined resource", "node-generic-resources"),
    Option("nri-opts", Form.PAIRS, "Node Resource Interface configuration", "nri-opts"),
    _same("rootless", Form.SWITCH, "Enable rootless mode", refused="rootless mode is not supported"),
    _same("containerd", Form.TEXT, "containerd grpc address"),
    _same("containerd-namespace", Form.TEXT, "Containerd namespace to use"),
    Option(
        "containerd-plugins-namespace", Form.TEXT, "Containerd namespace to use for plugins", key="containerd-plugins-namespace"
    ),
    _same("cri-containerd", Form.SWITCH, "start containerd with cri"),
)

_REGISTRIES = (
    Option("insecure-registry", Form.LIST, "Enable insecure registry communication", "insecure-registries", "insecure_registries"),
    Option("registry-mirror", Form.LIST, "Preferred Docker registry mirror", "registry-mirrors", "registry_mirrors"),
    _same("http-proxy", Form.TEXT, "HTTP proxy URL to use for outgoing traffic", "proxies.http"),
    _same("https-proxy", Form.TEXT, "HTTPS proxy URL to use for outgoing traffic", "proxies.https"),
    _same("no-proxy", Form.TEXT, "Comma-separated list of hosts or IP addresses for which the proxy is skipped", "proxies.none"),
    _same("max-concurrent-downloads", Form.NUMBER, "Set the max concurrent downloads", "transfers.downloads"),
    _same("max-concurrent-uploads", Form.NUMBER, "Set the max concurrent uploads", "transfers.uploads"),
    _same("max-download-attempts", Form.NUMBER, "Set the max download attempts for each pull", "transfers.attempts"),
    _same("storage-driver", Form.TEXT, "Storage driver to use", "drivers.storage", "s"),
    Option("storage-opt", Form.LIST, "Storage driver options", "storage-opts"),
)

_CONTAINER_DEFAULTS = (
    _same("cgroup-parent", Form.TEXT, "Set parent cgroup for all containers", _CONTAINERS + "cgroup_parent"),
    _same("default-cgroupns-mode", Form.TEXT, 'Default cgroup namespace ("host" | "private")', _CONTAINERS + "cgroupns_mode"),
    _same("default-ipc-mode", Form.TEXT, 'Default mode for containers ipc ("shareable" | "private")', _CONTAINERS + "ipc_mode"),
    _same("default-runtime", Form.TEXT, "Default OCI runtime for containers", _CONTAINERS + "runtime"),
    _same("default-shm-size", Form.BYTES, "Default shm size for containers", _CONTAINERS + "shm_size"),
    _same("default-stop-timeout", Form.NUMBER, "Set the default container stop timeout in seconds", _CONTAINERS + "stop_timeout"),
    Option("default-ulimit", Form.ULIMITS, "Default ulimits for containers", "default-ulimits", "default_ulimits"),
    _same("init", Form.SWITCH, "Run an init in the container to forward signals and reap processes", _CONTAINERS + "init"),
    _same("init-path", Form.TEXT, "Path to the docker-init binary", _CONTAINERS + "init_path"),
    _same(
        "no-new-privileges", Form.SWITCH, "Set no-new-privileges by default for new containers", _CONTAINERS + "no_new_privileges"
    ),
    _same("seccomp-profile", Form.TEXT, 'Path to seccomp profile, "builtin" or "unconfined"', _CONTAINERS + "seccomp_profile"),
    Option("add-runtime", Form.RUNTIMES, "Register an additional OCI compatible runtime", "runtimes", "runtimes"),
    Option("cdi-spec-dir", Form.LIST, "CDI specification directories to use", "cdi-spec-dirs", "cdi_spec_dirs"),
    _same("log-driver", Form.TEXT, "Default driver for container logs", "drivers.log"),
    Option("log-opt", Form.PAIRS, "Default log driver options for containers", "log-opts", "log_opts"),
    Option("exec-opt", Form.LIST, "Runtime execution options", "exec-opts"),
    _same("cpu-rt-period", Form.NUMBER, "Limit the CPU real-time period in microseconds for the parent cgroup"),
    _same("cpu-rt-runtime", Form.NUMBER, "Limit the CPU real-time runtime in microseconds for the parent cgroup"),
    _same("selinux-enabled", Form.SWITCH, "Enable selinux support"),
    _same("userns-remap", Form.TEXT, "User/Group setting for user namespaces", refused="user namespaces are not supported"),
)

_NETWORK_DEFAULTS = (
    _same("bip", Form.TEXT, "IPv4 address for the default bridge", _BRIDGE + "bip"),
    _same("bip6", Form.TEXT, "IPv6 address for the default bridge", _BRIDGE + "bip6"),
    _same("bridge", Form.TEXT, "Attach containers to a network bridge", _BRIDGE + "name", "b"),
    _same("fixed-cidr", Form.TEXT, "IPv4 subnet for the default bridge network", _BRIDGE + "fixed_cidr"),
    _same("fixed-cidr-v6", Form.TEXT, "IPv6 subnet for the default bridge network", _BRIDGE + "fixed_cidr_v6"),
    _same(
        "default-gateway",
        Form.ADDRESS,
        "Default gateway IPv4 address for the default bridge network",
        _BRIDGE + "default_gateway",
    ),
    _same(
        "default-gateway-v6",
        Form.ADDRESS,
        "Default gateway IPv6 address for the default bridge network",
        _BRIDGE + "default_gateway_v6",
    ),
    _same("icc", Form.SWITCH, "Enable inter-container communication for the default bridge network", _BRIDGE + "icc"),
    _same("ip", Form.ADDRESS, "Host IP for port publishing from the default bridge network", _BRIDGE + "host_ip"),
    _same("ip-masq", Form.SWITCH, "Enable IP masquerading for the default bridge network", _BRIDGE + "masquerade"),
    _same("ipv6", Form.SWITCH, "Enable IPv6 networking for the default bridge network", _BRIDGE + "ipv6"),
    _same("mtu", Form.NUMBER, 'Set the MTU for the default "bridge" network', _BRIDGE + "mtu"),
    Option(
        "default-address-pool",
        Form.POOLS,
        "Default address pools for node specific local networks",
        "default-address-pools",
        _NETWORKS + "address_pools",
    ),
    Option("default-network-opt", Form.NESTED, "Default network options", "default-network-opts", _NETWORKS + "options"),
    _same("dns", Form.ADDRESSES, "DNS server to use", _NETWORKS + "dns"),
    Option("dns-opt", Form.LIST, "DNS options to use", "dns-opts", _NETWORKS + "dns_options"),
    _same("dns-search", Form.LIST, "DNS search domains to use", _NETWORKS + "dns_search"),
    Option(
        "host-gateway-ip",
        Form.ADDRESSES,
        "IP addresses that the special 'host-gateway' string in --add-host resolves to",
        "host-gateway-ips",
        _NETWORKS + "host_gateway_ips",
    ),
    _same("ip-forward", Form.SWITCH, "Enable IP forwarding in system configuration", "plugins.net_bridge.ip_forward"),
    _same("ip-forward-no-drop", Form.SWITCH, "Do not set the filter-FORWARD policy to DROP when enabling IP forwarding"),
    _same("iptables", Form.SWITCH, "Enable addition of iptables rules"),
    _same("ip6tables", Form.SWITCH, "Enable addition of ip6tables rules"),
    _same("firewall-backend", Form.TEXT, "Firewall backend to use, iptables or nftables"),
    _same(
        "allow-direct-routing",
        Form.SWITCH,
        "Allow remote access to published ports on container IP addresses",
        "plugins.net_bridge.allow_direct_routing",
    ),
    _same(
        "bridge-accept-fwmark",
        Form.TEXT,
        "In bridge networks, accept packets with this firewall mark/mask",
        "plugins.net_bridge.accept_fwmark",
    ),
    _same("userland-proxy", Form.SWITCH, "Use userland proxy for loopback traffic"),
    _same("userland-proxy-path", Form.TEXT, "Path to the userland proxy binary"),
    _same("network-control-plane-mtu", Form.NUMBER, "Network Control plane MTU"),
    Option("network-diagnostic-port", Form.NUMBER, "TCP port number of the network diagnostic server", hidden=True),
)

_OWN = (
    Option(
        "allow-plain-tcp",
        Form.SWITCH,
        "Listen on TCP without TLS beyond loopback: who connects is root",
        setting="allow_plain_tcp",
    ),
    Option(
        "keep-blobs",
        Form.SWITCH,
        "Keep the archives of unpacked layers; --keep-blobs=false rebuilds them when they are pushed or saved",
        setting="keep_blobs",
    ),
    Option("strict-plugins", Form.SWITCH, "Any broken plugin keeps the daemon from starting", setting="strict_plugins"),
)

_CONTROL = (
    Option("config-file", Form.TEXT, "Daemon configuration file: core.toml, or Docker's daemon.json"),
    Option("validate", Form.SWITCH, "Validate daemon configuration and exit"),
    Option("version", Form.SWITCH, "Print version information and quit", short="v"),
    Option("help", Form.SWITCH, "Print usage", short="h"),
    Option("restart", Form.SWITCH, "Deprecated: use a restart policy on docker run", short="r", hidden=True),
)

OPTIONS = (*_DAEMON, *_REGISTRIES, *_CONTAINER_DEFAULTS, *_NETWORK_DEFAULTS, *_OWN, *_CONTROL)

FILE_ONLY = frozenset({"builder", "min-api-version", "deprecated-key-path", "allow-nondistributable-artifacts"})
"""Keys of `daemon.json` that have no flag, and no effect here."""

RENAMED = {"host-gateway-ip": "host-gateway-ips", "containerd-plugin-namespace": "containerd-plugins-namespace"}
"""Older spellings of keys of `daemon.json`."""
