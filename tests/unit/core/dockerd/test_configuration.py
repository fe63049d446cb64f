"""dockerd's flags and `daemon.json` become settings; what dockerd refuses is refused in its words."""

import json
from pathlib import Path

import pytest

from core.config import ConfigurationError
from core.dockerd.configuration import Configuration, load_configuration
from core.dockerd.flags import FlagError, parse_flags
from core.dockerd.options import OPTIONS, Form
from core.dockerd.styles import CORE, DOCKERD, Style


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "daemon.json"


def load(line: str, style: Style = CORE) -> Configuration:
    return load_configuration(parse_flags(line.split()), style)


def from_file(file: Path, content: object, line: str = "", style: Style = CORE) -> Configuration:
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return load(f"--config-file {file} {line}", style)


def test_every_setting_an_option_stands_for_exists() -> None:
    samples = {Form.SWITCH: "true", Form.NUMBER: "1", Form.BYTES: "1k", Form.ADDRESS: "10.0.0.1", Form.ADDRESSES: "10.0.0.1"}
    own = {
        "host": "unix:///x",
        "bip": "10.0.0.1/24",
        "bip6": "fd00::1/64",
        "fixed-cidr": "10.0.0.0/25",
        "fixed-cidr-v6": "fd00::/64",
        "default-gateway-v6": "fd00::2",
        "default-address-pool": "base=10.0.0.0/8,size=24",
        "add-runtime": "x=/x",
        "default-network-opt": "bridge=a=b",
        "feature": "x=true",
        "label": "a=b",
        "log-level": "warn",
        "log-format": "json",
        "default-ipc-mode": "private",
        "default-cgroupns-mode": "host",
        "registry-mirror": "https://mirror",
        "exec-opt": "native.cgroupdriver=cgroupfs",
    }
    control = {"config-file", "validate", "version", "help"}
    words = [f"--{o.flag}={own.get(o.flag, samples.get(o.form, 'x'))}" for o in OPTIONS if not o.refused and o.flag not in control]
    loaded = load(" ".join(words))
    assert loaded.settings.bridge.bip6 == "fd00::1/64"
    assert loaded.settings.bridge.default_gateway == "10.0.0.1"
    assert {"--iptables", "--containerd", "--userland-proxy"} <= set(loaded.ignored)
    assert not {"--label", "--mtu", "--init"} & set(loaded.ignored)


def test_flags_of_the_bridge_are_settings_of_its_plugin(file: Path) -> None:
    wanted = {"allow_direct_routing": True, "accept_fwmark": "0x2/0x3", "ip_forward": False}
    assert load("--allow-direct-routing --bridge-accept-fwmark 0x2/0x3 --ip-forward=false").settings.plugins["net_bridge"] == wanted
    loaded = from_file(file, {"allow-direct-routing": True, "bridge-accept-fwmark": "0x2/0x3", "ip-forward": False})
    assert (loaded.settings.plugins["net_bridge"], loaded.ignored) == (wanted, ())


def test_a_file_of_dockers_in_docker_s_spellings(file: Path) -> None:
    settings = from_file(
        file,
        {
            "debug": True,
            "labels": ["a=b"],
            "insecure-registries": ["r:5000", "10.0.0.0/8"],
            "registry-mirrors": ["https://mirror"],
            "default-ulimits": {"nofile": {"Name": "nofile", "Hard": 2, "Soft": 1}},
            "default-address-pools": [{"base": "10.1.0.0/16", "size": 24}],
            "default-network-opts": {"bridge": {"com.docker.network.driver.mtu": "1400"}},
            "log-driver": "local",
            "log-opts": {"max-size": "1m"},
            "default-shm-size": "128M",
            "proxies": {"http-proxy": "http://p", "no-proxy": "x"},
            "features": {"buildkit": False},
            "runtimes": {"crun": {"path": "/usr/bin/crun", "runtimeArgs": ["--debug"]}},
            "storage-driver": "overlay2",
            "host-gateway-ip": "192.0.2.1",
            "builder": {"gc": {"enabled": True}},
        },
    ).settings
    assert (settings.debug, settings.labels, settings.default_ulimits) == (True, ("a=b",), ("nofile=1:2",))
    assert (settings.insecure_registries, settings.registry_mirrors) == (("r:5000", "10.0.0.0/8"), ("https://mirror/",))
    assert [(pool.base, pool.size) for pool in settings.networks.address_pools] == [("10.1.0.0/16", 24)]
    assert settings.networks.options == {"bridge": {"com.docker.network.driver.mtu": "1400"}}
    assert (settings.drivers.log, settings.log_opts, settings.drivers.storage) == ("local", {"max-size": "1m"}, "overlay")
    assert settings.containers.shm_size == 128 << 20
    assert (settings.proxies.http, settings.proxies.none) == ("http://p", "x")
    assert settings.plugins["api_docker"] == {"builder_version": "1"}
    assert (settings.runtimes["crun"].path, settings.runtimes["crun"].arguments) == ("/usr/bin/crun", ("--debug",))
    assert settings.networks.host_gateway_ips == ("192.0.2.1",)


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ("{", "", "invalid JSON"),
        ("[]", "", "invalid JSON"),
        ("[" * 100_000, "", "invalid JSON"),
        ({"unknown-option": 1, "x": 2}, "", "the following directives don't match any configuration option: unknown-option, x"),
        (
            {"debug": False, "labels": ["a=b"]},
            "-D --label c=d",
            "the following directives are specified both as a flag and in the configuration file: "
            "debug: (from flag: true, from file: false), labels: (from flag: [c=d], from file: [a=b])",
        ),
        (
            {"proxies": {"http-proxy": "http://me:secret@p"}},
            "--http-proxy http://me:hidden@q",
            "http-proxy: (from flag: http://xxxxx:xxxxx@q, from file: http://xxxxx:xxxxx@p)",
        ),
        ({"host-gateway-ip": "10.0.0.1", "host-gateway-ips": ["10.0.0.1"]}, "", "must not both be specified in the config file"),
        ({"debug": "yes"}, "", "invalid JSON: debug cannot be a string: a bool is expected"),
        ({"mtu": True}, "", "invalid JSON: mtu cannot be a bool: a int is expected"),
        ({"labels": ["x"]}, "", "bad attribute format: x"),
        ({"dns": ["x"]}, "", "x is not an ip address"),
        ({"registry-mirrors": ["mirror:5000"]}, "", 'invalid mirror: no scheme specified for "mirror:5000"'),
        ({"runtimes": {"runc": {"path": "/x"}}}, "", "runtime name 'runc' is reserved"),
        ({"runtimes": {"k": {"runtimeType": "io.containerd.kata.v2"}}}, "", "containerd shims"),
        ({"exec-opts": ["x=y"]}, "", "unknown option: 'x'"),
    ],
)
def test_a_file_that_dockerd_refuses(file: Path, content: object, line: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        from_file(file, content, line)
    assert str(caught.value).startswith(f"unable to configure the Docker daemon with file {file}: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("--label x", 'invalid argument "x" for "--label" flag: bad attribute format: x'),
        ("--dns x", 'invalid argument "x" for "--dns" flag: x is not an ip address'),
        ("-H ftp://x", "invalid bind address (ftp://x): unsupported proto 'ftp'"),
        ("--mtu x", 'invalid argument "x" for "--mtu" flag: strconv.ParseInt: parsing "x": invalid syntax'),
        ("--default-shm-size x", "invalid size: 'x'"),
        ("--default-address-pool base=10.0.0.0/8", "invalid field base=10.0.0.0/8"),
        ("--add-runtime runc=/x", "runtime name 'runc' is reserved"),
        ("--registry-mirror https://u:p@m", "username/password not allowed in URI"),
        ("--feature x=maybe", "strconv.ParseBool"),
    ],
)
def test_a_flag_that_dockerd_refuses(line: str, sentence: str) -> None:
    with pytest.raises(FlagError) as caught:
        load(line)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("--userns-remap default", "--userns-remap: user namespaces are not supported"),
        ("--rootless", "--rootless: rootless mode is not supported"),
        ("--label a=1 --label a=2", "conflict labels for a=2 and a=1"),
        ("--default-ipc-mode host", "ipc_mode: Input should be 'private' or 'shareable'"),
        ("--bip 10.0.0.1", "bridge: bip: '10.0.0.1' is not an address with a prefix length"),
    ],
)
def test_what_cannot_be_honoured_keeps_the_daemon_from_starting(line: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(line)
    assert sentence in str(caught.value)


def test_what_has_no_effect_is_named(file: Path) -> None:
    loaded = from_file(
        file, {"iptables": True, "builder": {"gc": {}}, "min-api-version": "1.44"}, "--containerd /x --raw-logs --mtu 1400"
    )
    assert set(loaded.ignored) == {"--containerd", "--raw-logs", "--iptables", "builder", "min-api-version"}


def test_what_is_refused_may_be_given_its_default(file: Path) -> None:
    assert from_file(file, {"authorization-plugins": [], "userns-remap": ""}, "--rootless=false").settings.labels == ()


def test_runtimes_of_both_sides_are_joined(file: Path) -> None:
    settings = from_file(file, {"runtimes": {"a": {"path": "/a"}}}, "--add-runtime b=/b").settings
    assert {name: runtime.path for name, runtime in settings.runtimes.items()} == {"a": "/a", "b": "/b"}


def test_a_daemon_json_brings_dockers_default_of_live_restore(file: Path) -> None:
    assert load("").settings.live_restore
    assert not from_file(file, {}).settings.live_restore
    assert from_file(file, {"live-restore": True}).settings.live_restore
    assert from_file(file, {}, "--live-restore").settings.live_restore


def test_under_the_name_dockerd_its_defaults_hold_but_not_its_data_root() -> None:
    settings = load("--config-file /dev/null", DOCKERD).settings
    assert settings.hosts == ("unix:///var/run/docker.sock",)
    assert settings.pidfile == Path("/var/run/docker.pid")
    assert settings.containers.runtime == "runc"
    assert settings.bridge.managed == "docker0"
    assert settings.data_root == Path("/var/lib/core")


def test_a_host_without_a_scheme_is_one_of_tcp() -> None:
    assert load("-H 127.0.0.1:2375 -H unix:///x").settings.hosts == ("tcp://127.0.0.1:2375", "unix:///x")


def test_naming_tlsverify_switches_tls_on_for_dockerd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ca.pem").touch()
    monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
    base = "--config-file /dev/null "
    for line, verifies in (("--tlsverify", True), ("--tlsverify=false", False), ("--tls", True)):
        settings = load(base + line, DOCKERD).settings
        assert (settings.tls, settings.tlsverify, settings.hosts) == (True, verifies, ("tcp://localhost:2376",))
        assert (settings.tlscacert, settings.tlscert) == (tmp_path / "ca.pem", None)
    assert not load(base + "--tls=false", DOCKERD).settings.tls


def test_a_file_in_utf_16_and_one_with_a_byte_order_mark(file: Path) -> None:
    for encoding in ("utf-16", "utf-8-sig"):
        file.write_bytes('{"debug": true}'.encode(encoding))
        assert load(f"--config-file {file}").settings.debug


def test_a_named_file_must_exist_and_the_default_one_need_not(file: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such file or directory"):
        load(f"--config-file {file}")
    style = Style("dockerd", file, reads_daemon_json=True)
    assert load("", style).in_file == frozenset()


def test_an_address_for_metrics_turns_their_frontend_on(file: Path) -> None:
    assert load("").settings.drivers.frontends == ("docker", "buildkit")
    for settings in (
        load("--metrics-addr 127.0.0.1:9323").settings,
        from_file(file, {"metrics-addr": "127.0.0.1:9323"}).settings,
        from_file(file.with_suffix(".toml"), '[plugins.api_metrics]\naddress = "127.0.0.1:9323"\n').settings,
    ):
        assert settings.plugins["api_metrics"] == {"address": "127.0.0.1:9323"}
        assert settings.drivers.frontends == ("docker", "buildkit", "metrics")


def test_an_endpoint_for_traces_turns_their_exporter_on(file: Path) -> None:
    table = '[drivers]\nobservers = ["audit"]\n[plugins.otlp]\n'
    for more, observers in (("", ("audit",)), ('endpoint = "http://127.0.0.1:4318"\n', ("audit", "otlp"))):
        assert from_file(file.with_suffix(".toml"), table + more).settings.drivers.observers == observers
    named = '[drivers]\nobservers = ["otlp", "audit"]\n[plugins.otlp]\nendpoint = "http://127.0.0.1:4318"\n'
    assert from_file(file.with_suffix(".toml"), named).settings.drivers.observers == ("otlp", "audit")


def test_no_address_for_metrics_is_no_frontend(file: Path) -> None:
    assert load("--metrics-addr=").settings.drivers.frontends == ("docker", "buildkit")
    table = '[drivers]\nfrontends = ["metrics", "docker"]\n[plugins.api_metrics]\naddress = "127.0.0.1:9323"\n'
    assert from_file(file.with_suffix(".toml"), table).settings.drivers.frontends == ("metrics", "docker")
