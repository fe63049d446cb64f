"""What the configuration gives containers: some of it at their creation, the rest at each start."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from msgspec.structs import replace

from core.containers.life.record import ContainerRecord
from core.defaults import BridgeDefaults, ContainerDefaults, NetworkDefaults
from core.engine.containers.preparation.defaults import (
    as_resolved,
    as_run,
    with_creation_defaults,
    with_name_servers,
    with_start_defaults,
)
from core.engine.context import EngineContext, EngineSettings
from sdk.engine.config import ContainerConfig, EndpointConfig, HostConfig, HostEntry, Link, LogConfig, Ulimit
from sdk.engine.modes import NamespaceKind, NamespaceMode, NetworkKind, NetworkMode
from sdk.engine.security import Seccomp, SeccompChoice, Security
from tests.unit.core import records

HOST, PRIVATE, SHAREABLE = (NamespaceMode(NamespaceKind(kind)) for kind in ("host", "private", "shareable"))
UNCONFINED = Seccomp(SeccompChoice.UNCONFINED)


def settings(**more: object) -> EngineSettings:
    return EngineSettings(Path("/data"), Path("/run"), "instance", **more)


class Context(SimpleNamespace):
    """All that is asked of a context here."""

    runtime_name = EngineContext.runtime_name


def context(given: EngineSettings, *, gateways: tuple[str, ...] = ("172.17.0.1", "fd00::1")) -> EngineContext:
    drivers = SimpleNamespace(runtime_name="ns", log_name="json-file")
    attachments = SimpleNamespace(host_gateways=lambda: gateways)
    return cast(EngineContext, Context(settings=given, drivers=drivers, attachments=attachments))


def record(host: HostConfig, *, networks: dict[str, EndpointConfig] | None = None, disabled: bool = False) -> ContainerRecord:
    return records.record(config=ContainerConfig(network_disabled=disabled), host_config=host, networks=networks or {})


def test_what_is_left_open_is_said_at_creation() -> None:
    defaults = ContainerDefaults(runtime="crun", shm_size=5, ipc_mode="shareable")
    found = with_creation_defaults(context(settings(containers=defaults)), HostConfig(), 2)
    assert (found.runtime, found.log_config.type, found.shm_size, found.ipc_mode) == ("crun", "json-file", 5, SHAREABLE)
    plain = with_creation_defaults(context(settings()), HostConfig(), 2)
    assert (plain.runtime, plain.shm_size, plain.ipc_mode) == ("ns", 64 << 20, PRIVATE)


def test_what_a_client_says_stays() -> None:
    asked = HostConfig(runtime="mine", log_config=LogConfig("none"), shm_size=7, ipc_mode=HOST, cgroupns_mode=HOST)
    defaults = ContainerDefaults(runtime="crun", shm_size=5, cgroupns_mode="private")
    assert with_creation_defaults(context(settings(containers=defaults)), asked, 2) == asked


@pytest.mark.parametrize(
    ("version", "privileged", "configured", "expected"),
    [
        (2, False, "", PRIVATE),
        (1, False, "", HOST),
        (2, False, "host", HOST),
        (1, False, "private", PRIVATE),
        (2, True, "", PRIVATE),
        (1, True, "", HOST),
        (1, True, "private", HOST),
    ],
)
def test_whose_control_groups(version: int, privileged: bool, configured: str, expected: NamespaceMode) -> None:
    given = context(settings(containers=ContainerDefaults(cgroupns_mode=configured)))
    assert with_creation_defaults(given, HostConfig(privileged=privileged), version).cgroupns_mode == expected


def test_what_follows_the_configuration_is_added_at_a_start() -> None:
    given = settings(
        default_ulimits=(Ulimit("core", 0, 0),), seccomp=UNCONFINED, networks=NetworkDefaults(dns=("10.0.0.53",)),
        containers=ContainerDefaults(init=True, cgroup_parent="/docker", no_new_privileges=True),
    )  # fmt: skip
    found = with_start_defaults(given, HostConfig(ulimits=(Ulimit("core", 1, 1),)))
    assert found.ulimits == (Ulimit("core", 0, 0), Ulimit("core", 1, 1)), "the later one counts"
    assert (found.cgroup_parent, found.init, found.dns) == ("/docker", True, ("10.0.0.53",))
    assert (found.security.no_new_privileges, found.security.seccomp) == (True, UNCONFINED)
    asked = HostConfig(
        cgroup_parent="/own", init=False, security=Security(no_new_privileges=False, seccomp=Seccomp(SeccompChoice.BUILTIN))
    )
    kept = with_start_defaults(given, asked)
    assert (kept.cgroup_parent, kept.init, kept.security) == ("/own", False, asked.security)


def test_a_privileged_container_has_no_filter_by_default() -> None:
    found = with_start_defaults(settings(seccomp=Seccomp(SeccompChoice.BUILTIN)), HostConfig(privileged=True))
    assert found.security.seccomp.choice is SeccompChoice.DEFAULT


@pytest.mark.parametrize("name", ["dns", "dns_search", "dns_options"])
def test_name_servers_are_the_containers_or_else_the_daemons(name: str) -> None:
    given = settings(networks=NetworkDefaults(dns=("10.0.0.53",), dns_search=("example.org",), dns_options=("ndots:2",)))
    assert getattr(with_name_servers(given, HostConfig()), name) == getattr(given.networks, name)
    assert getattr(with_name_servers(given, HostConfig(**{name: ("own",)})), name) == ("own",)


def test_a_container_whose_network_is_disabled_has_none() -> None:
    asked = record(HostConfig(links=(Link("x", "y"),)), networks={"app": EndpointConfig()}, disabled=True)
    found = as_run(asked)
    assert (found.networks, found.host_config.links, found.host_config.network_mode.kind) == ({}, None, NetworkKind.NONE)
    other = record(HostConfig(), networks={"app": EndpointConfig()})
    assert as_run(other) is other


@pytest.mark.parametrize(
    ("configured", "mode", "addresses"),
    [
        ((), NetworkMode(), ["172.17.0.1", "fd00::1"]),
        (("10.9.9.9",), NetworkMode(), ["10.9.9.9"]),
        ((), NetworkMode(NetworkKind.HOST), [""]),
    ],
)
def test_host_gateway_is_an_address_of_the_hosts(configured: tuple[str, ...], mode: NetworkMode, addresses: list[str]) -> None:
    given = settings(networks=NetworkDefaults(host_gateway_ips=configured))
    asked = HostConfig(network_mode=mode, extra_hosts=(HostEntry("gate", ""), HostEntry("other", "10.0.0.1")))
    found = as_resolved(context(given), record(asked)).host_config.extra_hosts
    assert found == (*(HostEntry("gate", address) for address in addresses), HostEntry("other", "10.0.0.1"))


def test_where_there_is_no_gateway_the_entry_stays() -> None:
    asked = record(HostConfig(extra_hosts=(HostEntry("gate", ""),)))
    assert as_resolved(context(settings(), gateways=()), asked) is asked


@pytest.mark.parametrize(
    ("mode", "networks", "kind"),
    [
        (NetworkMode(), {}, NetworkKind.NONE),
        (NetworkMode(), {"bridge": EndpointConfig()}, NetworkKind.NONE),
        (NetworkMode(), {"bridge": EndpointConfig(), "app": EndpointConfig()}, NetworkKind.NETWORK),
        (NetworkMode(name="app"), {}, NetworkKind.NETWORK),
        (NetworkMode(NetworkKind.HOST), {}, NetworkKind.HOST),
    ],
)
def test_where_there_is_no_default_network_a_container_on_it_alone_has_none(
    mode: NetworkMode, networks: dict[str, EndpointConfig], kind: NetworkKind
) -> None:
    given = settings(bridge=BridgeDefaults(name="none"))
    found = as_resolved(context(given), record(HostConfig(network_mode=mode), networks=networks))
    assert found.host_config.network_mode.kind is kind
    assert found.networks == ({} if kind is NetworkKind.NONE else networks)


def test_nothing_to_resolve_is_the_same_record() -> None:
    asked = record(replace(HostConfig(), dns=("10.0.0.1",)))
    assert as_resolved(context(settings()), asked) is asked
