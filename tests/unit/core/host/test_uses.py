"""What of a data root uses a driver, read beside the database's writer."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.config import StartupError
from core.containers.life.record import ContainerRecord
from core.containers.mounts.record import MountRecord
from core.host.uses import Use, uses
from core.images.references import ReferenceRecord
from core.kernel.runtimes import DOCKERS_NAMES
from core.networks.record import ContainerEndpoints, EndpointRecord, NetworkRecord
from core.store.database import Database
from core.volumes.record import VolumeRecord
from sdk.engine.config import ContainerConfig, EndpointConfig, HostConfig, LogConfig
from sdk.engine.networks import NetworkCreate
from sdk.oci.descriptor import Platform
from sdk.providers import Kind

IMAGE = f"sha256:{'d' * 64}"
OTHER = f"sha256:{'e' * 64}"


def container(name: str, runtime: str = "", log: str = "json-file", volume_driver: str = "") -> ContainerRecord:
    mounts = (MountRecord(type="volume", source="/v", destination="/v", name="v", driver=volume_driver),) if volume_driver else ()
    return ContainerRecord(
        id=name * 64,
        name=name,
        created_ns=1,
        image_id=IMAGE,
        image="busybox",
        chain_id=None,
        platform=Platform("amd64", "linux"),
        path="sh",
        args=(),
        config=ContainerConfig(),
        host_config=HostConfig(runtime=runtime, log_config=LogConfig(log)),
        mounts=mounts,
    )


@pytest.fixture
def data_root(tmp_path: Path) -> Iterator[Path]:
    """A data root whose database is open, as a daemon has it."""
    database = Database(tmp_path / "core.db")
    database.table("engine", str).put("storage", "overlay")
    containers = database.table("containers", ContainerRecord)
    for record in (
        container("b", log="daily"),
        container("a", runtime="runc", volume_driver="nfs"),
        container("c", runtime="wrap", log=""),
    ):
        containers.put(record.id, record)
    database.table("images", dict[str, str]).put(IMAGE, {})
    database.table("images", dict[str, str]).put(OTHER, {})
    database.table("refs", ReferenceRecord).put("docker.io/library/busybox:latest", ReferenceRecord(IMAGE, 1))
    database.table("refs", ReferenceRecord).put(f"docker.io/library/busybox@{IMAGE}", ReferenceRecord(IMAGE, 1))
    networks = database.table("networks", NetworkRecord)
    networks.put("n" * 64, NetworkRecord(id="n" * 64, created_ns=1, config=NetworkCreate("lan", driver="macvlan")))
    networks.put("m" * 64, NetworkRecord(id="m" * 64, created_ns=1, config=NetworkCreate("bridge", driver="bridge")))
    place = EndpointRecord(network_id="n" * 64, network="lan", config=EndpointConfig(), id="e" * 64)
    database.table("endpoints", ContainerEndpoints).put("a" * 64, ContainerEndpoints(name="a", hostname="a", endpoints=(place,)))
    database.table("volumes", VolumeRecord).put("v", VolumeRecord(name="v", driver="nfs", mountpoint="/v", created_ns=1))
    yield tmp_path
    database.close()


@pytest.mark.parametrize(
    ("kind", "names", "expected"),
    [
        (Kind.STORAGE, {"overlay", ""}, [Use("containers", ("a", "b", "c")), Use("images", ("busybox:latest", "e" * 12))]),
        (Kind.STORAGE, {"vfs"}, []),
        (Kind.RUNTIME, {"ns", "", *DOCKERS_NAMES}, [Use("containers", ("a", "b"))]),
        (Kind.RUNTIME, {"wrap"}, [Use("containers", ("c",))]),
        (Kind.LOG, {"daily"}, [Use("containers", ("b",))]),
        (Kind.LOG, {"json-file", ""}, [Use("containers", ("a", "c"))]),
        (Kind.NETWORK, {"macvlan"}, [Use("networks", ("lan",)), Use("containers", ("a",))]),
        (Kind.NETWORK, {"bridge", ""}, [Use("networks", ("bridge",))]),
        (Kind.VOLUME, {"nfs"}, [Use("volumes", ("v",)), Use("containers", ("a",))]),
        (Kind.VOLUME, {"local", ""}, []),
    ],
)
def test_what_uses_a_driver(data_root: Path, kind: Kind, names: set[str], expected: list[Use]) -> None:
    assert uses(data_root, kind, names) == tuple(expected)


def test_of_a_kind_that_leaves_no_mark_nothing_is_told(data_root: Path) -> None:
    assert uses(data_root, Kind.REGISTRY, {"hub", ""}) is None


def test_without_a_database_nothing_does(tmp_path: Path) -> None:
    assert uses(tmp_path, Kind.STORAGE, {"overlay", ""}) == ()


def test_a_database_of_an_earlier_release_is_told_as_one(tmp_path: Path) -> None:
    Database(tmp_path / "core.db").close()
    with closing(sqlite3.connect(tmp_path / "core.db")) as database, database:
        database.execute("DROP TABLE endpoints")
        database.execute("DELETE FROM migrations WHERE key = '0002_endpoints.sql'")
    with pytest.raises(StartupError, match="of an earlier release: start the daemon once"):
        uses(tmp_path, Kind.NETWORK, {"bridge"})
