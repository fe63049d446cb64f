"""Records of containers that earlier releases wrote: bodies of Docker's API, which this release reads as its own values."""

import sqlite3
from importlib import resources
from pathlib import Path

import msgspec

from core.containers.life.record import ContainerRecord
from core.networks.record import ContainerEndpoints, EndpointRecord
from core.store.database import Database
from sdk.docker import bodies, create, inspect
from sdk.docker.bodies import HostPort
from sdk.drivers.network import PortBinding
from sdk.engine.config import EndpointConfig, EndpointIPAM, HostEntry, Link, RestartKind, RestartPolicy
from sdk.engine.modes import NamespaceKind, NamespaceMode, NetworkKind, NetworkMode
from sdk.engine.mounts import VolumesFrom
from sdk.engine.security import Seccomp, SeccompChoice, Security
from sdk.oci.ports import Port

ID = "a" * 64


def former_record(config: bodies.ContainerConfig, host: bodies.HostConfig, **others: object) -> bytes:
    """Return a record as releases until now encoded it."""
    return msgspec.json.encode(
        {
            "id": ID,
            "name": "web",
            "created_ns": 1,
            "image_id": f"sha256:{'b' * 64}",
            "image": "busybox",
            "chain_id": None,
            "platform": {"architecture": "amd64", "os": "linux"},
            "path": "sh",
            "args": ["-c", "true"],
            "config": config,
            "host_config": host,
            "networks": {},
            "mounts": [],
            "state": "exited",
            "exit_code": 3,
            "restart_count": 2,
            **others,
        }
    )


def former_database(path: Path, record: bytes) -> None:
    """Make the database of an earlier release."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE migrations (key TEXT PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID")
    scripts = (entry for entry in resources.files("core.store.migrations").iterdir() if entry.name.endswith(".sql"))
    for script in sorted(scripts, key=lambda entry: entry.name):
        if script.name < "0006":
            connection.executescript(script.read_text())
            connection.execute("INSERT INTO migrations VALUES (?, X'')", (script.name,))
    connection.execute("INSERT INTO containers VALUES (?, ?)", (ID, record))
    connection.commit()
    connection.close()


def opened(tmp_path: Path, config: bodies.ContainerConfig, host: bodies.HostConfig, **others: object) -> ContainerRecord:
    former_database(tmp_path / "core.db", former_record(config, host, **others))
    Database(tmp_path / "core.db").close()
    database = Database(tmp_path / "core.db")  # the second opening finds it converted
    record = database.table("containers", ContainerRecord).get(ID)
    database.close()
    assert record is not None
    return record


def test_what_is_no_configuration_stays(tmp_path: Path):
    record = opened(tmp_path, bodies.ContainerConfig(labels={"a": "b"}), bodies.HostConfig(memory=5), pid=7)
    assert (record.name, record.args, record.state, record.exit_code, record.restart_count) == (
        "web",
        ("-c", "true"),
        "exited",
        3,
        2,
    )
    assert (record.config.labels, record.pid) == ({"a": "b"}, 7)


def test_mounts(tmp_path: Path):
    host = bodies.HostConfig(
        binds=("/srv/../etc:/conf:ro", "data:/d"),
        mounts=(bodies.MountRequest(type="tmpfs", target="/t"),),
        tmpfs={"/run": "exec"},
        volumes_from=("box:ro",),
    )
    made = {"type": "bind", "source": "/etc", "destination": "/conf", "writable": False, "mode": "ro", "propagation": "rprivate"}
    record = opened(tmp_path, bodies.ContainerConfig(), host, mounts=[made])
    assert [(mount.type, mount.source, mount.destination) for mount in record.host_config.mounts] == [
        ("bind", "/etc", "/conf"),
        ("volume", "data", "/d"),
        ("tmpfs", "", "/t"),
        ("tmpfs", "", "/run"),
    ]
    assert record.host_config.volumes_from == (VolumesFrom("box", read_only=True),)
    assert [(mount.source, mount.writable) for mount in record.mounts] == [("/etc", False)]
    shown = inspect.host_config(record.host_config, create.as_sent(record.opaque))
    assert (shown.binds, shown.mounts, shown.tmpfs, shown.volumes_from) == (host.binds, host.mounts, host.tmpfs, host.volumes_from)


def test_namespaces(tmp_path: Path):
    host = bodies.HostConfig(
        network_mode=f"container:{'c' * 64}",
        ipc_mode="shareable",
        pid_mode="host",
        cgroupns_mode="private",
        isolation="default",
        restart_policy=bodies.RestartPolicy("no"),
    )
    record = opened(tmp_path, bodies.ContainerConfig(), host)
    assert record.host_config.network_mode == NetworkMode(NetworkKind.CONTAINER, container="c" * 64)
    assert record.host_config.ipc_mode == NamespaceMode(NamespaceKind.SHAREABLE)
    assert inspect.host_config(record.host_config, create.as_sent(record.opaque)) == host


def test_security_hosts_and_restart(tmp_path: Path):
    host = bodies.HostConfig(
        restart_policy=bodies.RestartPolicy("on-failure", 3),
        security_opt=("no-new-privileges", "seccomp:unconfined"),
        extra_hosts=("db:[::1]", "gate:host-gateway"),
        device_cgroup_rules=("c 1:* rwm",),
    )
    record = opened(tmp_path, bodies.ContainerConfig(), host)
    assert record.host_config.restart_policy == RestartPolicy(RestartKind.ON_FAILURE, 3)
    assert record.host_config.security == Security(seccomp=Seccomp(SeccompChoice.UNCONFINED), no_new_privileges=True)
    assert record.host_config.extra_hosts == (HostEntry("db", "::1"), HostEntry("gate"))
    shown = inspect.host_config(record.host_config, create.as_sent(record.opaque))
    assert (shown.security_opt, shown.extra_hosts, shown.restart_policy) == (
        host.security_opt,
        host.extra_hosts,
        host.restart_policy,
    )
    assert shown.device_cgroup_rules == host.device_cgroup_rules


def test_networks_and_links(tmp_path: Path):
    place = bodies.EndpointConfig(ipam_config=bodies.EndpointIPAM("10.0.0.2"), links=("db:store",), aliases=("a",))
    record = opened(tmp_path, bodies.ContainerConfig(), bodies.HostConfig(links=("/db:/web/store",)), networks={"mine": place})
    assert record.host_config.links == (Link("db", "store"),)
    config = EndpointConfig(ipam_config=EndpointIPAM("10.0.0.2"), links=(Link("db", "store"),), aliases=("a",))
    assert record.networks == {"mine": config}


def test_places_on_networks(tmp_path: Path):
    place = bodies.EndpointConfig(links=("db:store",), aliases=("a",), driver_opts={"x": "y"})
    endpoint = {"network_id": "n", "network": "mine", "config": place, "id": "e", "addresses": ["10.0.0.2/24"], "routed": [4]}
    former = {"name": "web", "hostname": "web", "resolver": {}, "endpoints": [endpoint]}
    former_database(tmp_path / "core.db", former_record(bodies.ContainerConfig(), bodies.HostConfig()))
    connection = sqlite3.connect(tmp_path / "core.db")
    connection.execute("INSERT INTO endpoints VALUES (?, ?)", (ID, msgspec.json.encode(former)))
    connection.commit()
    connection.close()
    database = Database(tmp_path / "core.db")
    found = database.table("endpoints", ContainerEndpoints).get(ID)
    database.close()
    assert found is not None
    config = EndpointConfig(links=(Link("db", "store"),), aliases=("a",), driver_opts={"x": "y"})
    assert found.endpoints == (
        EndpointRecord(network_id="n", network="mine", config=config, id="e", addresses=("10.0.0.2/24",), routed=(4,)),
    )


def test_ports_and_volumes(tmp_path: Path):
    sent = {"80/tcp": (HostPort("127.0.0.1", "8080"), HostPort("", "09000-9010")), "53/udp": (HostPort(),)}
    config = bodies.ContainerConfig(exposed_ports={"80/tcp": {}, "nonsense": {}, "53/udp": {}}, volumes={"/v": {}})
    record = opened(tmp_path, config, bodies.HostConfig(port_bindings=sent))
    assert record.config.exposed_ports == (Port(80), Port(53, "udp"))
    assert record.config.volumes == ("/v",)
    assert record.host_config.port_bindings == (
        PortBinding(80, "tcp", "127.0.0.1", 8080),
        PortBinding(80, "tcp", "", 9000, 9010),
        PortBinding(53, "udp"),
    )
    assert inspect.host_config(record.host_config, create.as_sent(record.opaque)).port_bindings == sent
