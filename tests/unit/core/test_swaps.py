"""What a data root in use may be started with."""

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from core.config import StartupError
from core.containers.life.record import ContainerRecord
from core.images.layers.store import LayerRecord
from core.networks.record import ContainerEndpoints, EndpointRecord, NetworkRecord
from core.store.database import Database
from core.swaps import check_default_network, check_storage, keep_storage
from sdk.engine.config import EndpointConfig
from sdk.engine.networks import NetworkCreate
from tests.unit.core import records

GONE = 1 << 22
"""Above the largest PID."""
ID = Path("/proc/self/cgroup").read_text().splitlines()[0].split(":", 1)[1]
"""Of a container whose process this one is, by its cgroup."""


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "core.db")


def container(pid: int = 0) -> ContainerRecord:
    return records.record(id=ID, pid=pid)


def start(database: Database, data_root: Path, chosen: str) -> None:
    check_storage(database, data_root, chosen)
    keep_storage(database, chosen)


def test_an_empty_data_root_takes_any_storage_driver(database: Database, tmp_path: Path) -> None:
    for chosen in ("overlay", "overlay", "vfs", "overlay"):
        start(database, tmp_path, chosen)


@pytest.mark.parametrize("kept", ["layer", "container"])
def test_what_one_keeps_no_other_is_started_on(database: Database, tmp_path: Path, kept: str) -> None:
    start(database, tmp_path, "overlay")
    if kept == "layer":
        database.table("layers", LayerRecord).put("x", LayerRecord("sha256:x", "", 1))
    else:
        database.table("containers", ContainerRecord).put("c", container())
    start(database, tmp_path, "overlay")
    for _ in range(2):
        with pytest.raises(StartupError) as caught:
            start(database, tmp_path, "vfs")
        assert str(caught.value) == (
            f'the images and containers of {tmp_path} are kept by the storage driver "overlay", and "vfs" is chosen: '
            'choose "overlay" again, or another data root, or remove them with "overlay" first'
        )


def test_a_data_root_of_an_earlier_release_belongs_to_the_first_that_starts(database: Database, tmp_path: Path) -> None:
    database.table("containers", ContainerRecord).put("c", container())
    start(database, tmp_path, "overlay")
    with pytest.raises(StartupError):
        start(database, tmp_path, "vfs")


def test_who_only_looks_takes_nothing(database: Database, tmp_path: Path) -> None:
    database.table("containers", ContainerRecord).put("c", container())
    check_storage(database, tmp_path, "vfs")
    start(database, tmp_path, "overlay")


def connected(database: Database, pid: int, network: str = "bridge") -> None:
    for name in ("bridge", "web"):
        record = NetworkRecord(id=name, created_ns=0, config=NetworkCreate(name, driver="bridge"))
        database.table("networks", NetworkRecord).put(name, record)
    place = EndpointRecord(network_id=network, network=network, config=EndpointConfig(), id="e")
    endpoints = ContainerEndpoints(name="n", hostname="n", endpoints=(place,))
    database.table("endpoints", ContainerEndpoints).put("c", endpoints)
    database.table("containers", ContainerRecord).put("c", container(pid))


def test_a_running_container_keeps_its_interface(database: Database) -> None:
    connected(database, os.getpid())
    check_default_network(database, "bridge")
    with pytest.raises(StartupError) as caught:
        check_default_network(database, "macvlan")
    assert str(caught.value) == (
        'containers run on the network bridge of the network driver "bridge", and "macvlan" is chosen: '
        'choose "bridge" again and stop them first (n)'
    )


def test_another_process_with_the_id_of_one_before_a_power_cut_is_no_container(database: Database) -> None:
    connected(database, os.getpid())
    database.table("containers", ContainerRecord).put("c", replace(container(os.getpid()), id="f" * 64))
    check_default_network(database, "macvlan")


@pytest.mark.parametrize(
    ("pid", "network"), [(0, "bridge"), (GONE, "bridge"), (os.getpid(), "web")], ids=["stopped", "gone", "elsewhere"]
)
def test_one_that_has_none_there_holds_up_nothing(database: Database, pid: int, network: str) -> None:
    connected(database, pid, network)
    check_default_network(database, "macvlan")


def test_a_new_data_root_takes_any_network_driver(database: Database) -> None:
    check_default_network(database, "macvlan")
