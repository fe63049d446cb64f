import pytest

from plugins.api_docker.bodies import JSON
from plugins.api_docker.convert import create_versions
from plugins.api_docker.convert.create import create_request, empty_bindings, update_request
from plugins.api_docker.versions import MAXIMUM, ApiVersion
from sdk.docker.bodies import HostPort
from sdk.docker.create import as_sent
from sdk.docker.inspect import host_config as shown_host_config
from sdk.drivers.network import PortBinding
from sdk.engine.config import EndpointConfig, RestartKind, RestartPolicy, ThrottleDevice
from sdk.engine.modes import NamespaceKind
from sdk.errors import InvalidArgument
from sdk.linux.cgroups.mounts import CgroupMounts
from sdk.oci.descriptor import Platform
from sdk.oci.ports import Port


def request(**body: JSON):
    return create_request({"Image": "busybox", **body}, "", None)


@pytest.mark.parametrize("mode", ["", "default", "bridge"])
def test_the_clis_default_endpoint_is_the_bridge(mode: str) -> None:
    made = request(HostConfig={"NetworkMode": mode}, NetworkingConfig={"EndpointsConfig": {"default": {"Aliases": ["a"]}}})
    assert made.host_config.network_mode.network == "bridge"
    assert made.networks == {"bridge": EndpointConfig(aliases=("a",))}


def test_the_default_endpoint_follows_the_network_mode() -> None:
    made = request(HostConfig={"NetworkMode": "mine"}, NetworkingConfig={"EndpointsConfig": {"default": {}, "other": {}}})
    assert set(made.networks) == {"mine", "other"}


@pytest.mark.parametrize(("pids", "expected"), [(0, None), (-1, None), (-2, None), (7, 7)])
def test_no_pids_limit_has_two_spellings(pids: int, expected: int | None) -> None:
    assert request(HostConfig={"PidsLimit": pids}).host_config.limits.pids_limit == expected


def test_what_the_cli_sends_for_unset_is_unset() -> None:
    host = request(HostConfig={"MemorySwappiness": -1, "OomKillDisable": False}).host_config.limits
    assert (host.memory_swappiness, host.oom_kill_disable) == (None, None)
    host = request(HostConfig={"MemorySwappiness": 0, "OomKillDisable": True}).host_config.limits
    assert (host.memory_swappiness, host.oom_kill_disable) == (0, True)


def test_commands_may_be_one_string() -> None:
    config = request(Cmd="ls", Entrypoint="sh").config
    assert (config.cmd, config.entrypoint) == (("ls",), ("sh",))


@pytest.mark.parametrize(("given", "kept"), [([""], ("",)), ([], ()), (["a", "b"], ("a", "b"))])
def test_a_reset_entrypoint_is_passed_through(given: list[JSON], kept: tuple[str, ...]) -> None:
    assert request(Entrypoint=given).config.entrypoint == kept


def test_unknown_fields_are_ignored_and_wrong_ones_refused() -> None:
    assert request(Whatever=1, HostConfig={"CpuCount": 0}).config.image == "busybox"
    with pytest.raises(InvalidArgument, match="invalid JSON"):
        request(HostConfig={"Memory": "1g"})
    with pytest.raises(InvalidArgument, match="invalid JSON"):
        request(HostConfig=[])


def test_an_update_keeps_what_is_zero_or_unnamed() -> None:
    changes = update_request({"Memory": 0, "CpusetCpus": "", "NanoCpus": 5, "RestartPolicy": {"Name": ""}}, MAXIMUM)
    assert (changes.memory, changes.cpuset_cpus, changes.nano_cpus, changes.pids_limit, changes.restart_policy) == (
        None,
        None,
        5,
        None,
        None,
    )
    assert update_request({"RestartPolicy": {"Name": "always"}}, MAXIMUM).restart_policy == RestartPolicy(RestartKind.ALWAYS)


@pytest.mark.parametrize(("given", "limit"), [(0, 0), (-1, 0), (-2, 0), (7, 7), (None, None)])
def test_an_update_of_the_number_of_processes_may_take_the_limit_away(given: int | None, limit: int | None) -> None:
    body: dict[str, JSON] = {} if given is None else {"PidsLimit": given}
    assert update_request(body, MAXIMUM).pids_limit == limit


def test_block_devices_are_throttled_by_updates_of_clients_that_know_it() -> None:
    body: dict[str, JSON] = {"BlkioDeviceReadBps": [{"Path": "/dev/sda", "Rate": 5}], "BlkioDeviceWriteIOps": []}
    assert update_request(body, ApiVersion(1, 54)).blkio_device_read_bps is None
    changes = update_request(body, ApiVersion(1, 55))
    assert (changes.blkio_device_read_bps, changes.blkio_device_write_iops) == ((ThrottleDevice("/dev/sda", 5),), ())


@pytest.mark.parametrize("key", ["ExposedPorts", "PortBindings"])
def test_ports_get_their_protocol(key: str) -> None:
    ports: dict[str, JSON] = (
        {"80": {}, "53/UDP": {}, "7/tcp": {}} if key == "ExposedPorts" else {"80": [], "53/UDP": [], "7/tcp": []}
    )
    made = request(ExposedPorts=ports) if key == "ExposedPorts" else request(HostConfig={key: ports})
    if key == "ExposedPorts":
        assert made.config.exposed_ports == (Port(80), Port(53, "udp"), Port(7))
    else:
        assert list(shown_host_config(made.host_config, as_sent(made.opaque)).port_bindings) == ["80/tcp", "53/udp", "7/tcp"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("19039;1230", "invalid port '19039;1230': invalid syntax"),
        ("65536/tcp", "invalid port '65536': value out of range"),
        ("80-90/tcp", "invalid port '80-90': invalid syntax"),
        ("/tcp", "invalid port '': value is empty"),
        ("", "invalid port: value is empty"),
    ],
)
def test_what_is_no_port_is_no_json(text: str, reason: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        request(HostConfig={"PortBindings": {text: [{}]}})
    assert refused.value.message == f"invalid JSON: {reason}"
    with pytest.raises(InvalidArgument, match=r"^invalid JSON: invalid port"):
        request(ExposedPorts={text: {}})


def test_older_clients_ask_for_one_network_and_no_annotations() -> None:
    body: dict[str, JSON] = {
        "Image": "busybox",
        "HostConfig": {"Annotations": {"a": "b"}},
        "NetworkingConfig": {"EndpointsConfig": {"one": {}, "two": {}}},
    }
    with pytest.raises(InvalidArgument) as refused:
        create_request(body, "", None, ApiVersion(1, 43))
    assert refused.value.message == "Container cannot be created with multiple network endpoints: one, two"
    assert create_request(body, "", None, ApiVersion(1, 44)).host_config.annotations == {"a": "b"}
    del body["NetworkingConfig"]
    assert create_request(body, "", None, ApiVersion(1, 42)).host_config.annotations == {}


def mounted(version: tuple[int, int], **mount: JSON):
    body: dict[str, JSON] = {
        "Image": "busybox",
        "HostConfig": {"Mounts": [{**({} if mount["Type"] == "tmpfs" else {"Source": "/s"}), "Target": "/t", **mount}]},
    }
    return create_request(body, "", None, ApiVersion(*version))


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ("VolumeOptions", "bind"),
        ("VolumeOptions", "tmpfs"),
        ("BindOptions", "volume"),
        ("TmpfsOptions", "bind"),
        ("BindOptions", "image"),
    ],
)
def test_options_of_another_type_of_mount_are_refused_even_when_they_say_nothing(options: str, kind: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        mounted((1, 51), Type=kind, **{options: {}})
    assert refused.value.message == f'{options} must not be specified on mount type "{kind}"'
    if kind != "image" and options != "BindOptions":
        assert mounted((1, 41), Type=kind, **{options: {}}).host_config.mounts[0].type == kind


@pytest.mark.parametrize(
    ("version", "mount", "sentence"),
    [
        (
            (1, 43),
            {"Type": "bind", "BindOptions": {"ReadOnlyForceRecursive": True}},
            "BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer",
        ),
        ((1, 44), {"Type": "volume", "VolumeOptions": {"Subpath": "a"}}, "VolumeOptions.Subpath needs API v1.45 or newer"),
        ((1, 47), {"Type": "image"}, 'Mount type "Image" needs API v1.48 or newer'),
    ],
)
def test_what_a_version_does_not_know_and_must_not_be_passed_over_is_refused(
    version: tuple[int, int], mount: dict[str, JSON], sentence: str
) -> None:
    with pytest.raises(InvalidArgument) as refused:
        mounted(version, **mount)
    assert refused.value.message == sentence
    mounted((version[0], version[1] + 1), **mount)


def test_what_else_a_version_does_not_know_is_passed_over() -> None:
    options: dict[str, JSON] = {"CreateMountpoint": True, "NonRecursive": True}
    for version, made, recursive in (((1, 39), False, True), ((1, 41), False, False), ((1, 42), True, False)):
        found = mounted(version, Type="bind", BindOptions=options).host_config.mounts[0]
        assert (found.create_source, found.recursive) == (made, recursive)


def test_read_only_binds_are_recursive_for_clients_that_know_it() -> None:
    assert [mounted((1, minor), Type="bind").host_config.mounts[0].recursive_readonly for minor in (43, 44, 51)] == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(("minor", "warned"), [(51, 0), (52, 1)])
def test_a_port_without_bindings_is_published_anywhere_and_shown_so(minor, warned):
    body = {"Image": "busybox", "HostConfig": {"PortBindings": {"80": [], "53/udp": None, "81/tcp": [{"HostPort": "8081"}]}}}
    version = ApiVersion(1, minor)
    made = create_request(body, "", None, version)
    assert made.host_config.port_bindings == (PortBinding(80), PortBinding(53, "udp"), PortBinding(81, "tcp", "", 8081))
    shown = shown_host_config(made.host_config, as_sent(made.opaque)).port_bindings
    assert shown == {"80/tcp": (HostPort(),), "53/udp": (HostPort(),), "81/tcp": (HostPort("", "8081"),)}
    warnings = empty_bindings(body, version)
    assert len(warnings) == warned
    assert all("empty list of port-bindings: 53/udp, 80/tcp. " in warning for warning in warnings)


def made_by(minor: int, config: dict[str, JSON] | None = None, **host: JSON):
    """Return what a client of API 1.`minor` is understood to ask for."""
    return create_request({"Image": "busybox", **(config or {}), "HostConfig": host}, "", Platform("arm64"), ApiVersion(1, minor))


def test_old_clients_share_their_ipc_namespace_unless_they_say_otherwise() -> None:
    assert [made_by(minor).host_config.ipc_mode.kind for minor in (39, 40)] == [NamespaceKind.SHAREABLE, NamespaceKind.DEFAULT]
    assert made_by(39, IpcMode="private").host_config.ipc_mode.kind is NamespaceKind.PRIVATE


@pytest.mark.parametrize(("cgroup_version", "kind"), [(1, NamespaceKind.HOST), (2, NamespaceKind.DEFAULT)])
def test_old_clients_have_the_hosts_cgroup_namespace_on_version_1(
    cgroup_version: int, kind: NamespaceKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = CgroupMounts({"memory": "/sys/fs/cgroup/memory"} if cgroup_version == 1 else {}, "/sys/fs/cgroup")
    monkeypatch.setattr(create_versions, "cgroup_mounts", lambda: mounts)
    assert [made_by(minor).host_config.cgroupns_mode.kind for minor in (40, 41)] == [kind, NamespaceKind.DEFAULT]
    assert made_by(40, CgroupnsMode="private").host_config.cgroupns_mode.kind is NamespaceKind.PRIVATE


def test_platforms_console_sizes_and_start_intervals_came_later() -> None:
    assert [made_by(minor).platform for minor in (40, 41)] == [None, Platform("arm64")]
    assert [made_by(minor, ConsoleSize=[24, 80]).host_config.console_size for minor in (41, 42)] == [(0, 0), (24, 80)]
    check: dict[str, JSON] = {"Healthcheck": {"Test": ["CMD", "true"], "StartInterval": 1_000_000_000}}
    checks = [made_by(minor, check).config.healthcheck for minor in (43, 44)]
    assert [each.start_interval for each in checks if each] == [0, 1_000_000_000]


def test_priorities_of_gateways_came_later() -> None:
    body: dict[str, JSON] = {"Image": "busybox", "NetworkingConfig": {"EndpointsConfig": {"a": {"GwPriority": 3}}}}
    assert [create_request(body, "", None, ApiVersion(1, minor)).networks["a"].gw_priority for minor in (47, 48)] == [0, 3]


def test_old_updates_leave_the_limit_of_processes_alone() -> None:
    assert [update_request({"PidsLimit": 5, "Memory": 1 << 30}, ApiVersion(1, minor)).pids_limit for minor in (39, 40)] == [None, 5]
