"""Which containers are on which networks, in memory and on disk."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import anyio
import pytest

from core.networks.members import Held, Members
from core.networks.places import Place
from core.networks.record import ContainerEndpoints, EndpointRecord
from core.store.database import Database
from sdk.drivers.network import Sandbox
from sdk.engine.config import EndpointConfig

pytestmark = pytest.mark.anyio


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "db")


def held(name: str, *networks: str, sandbox: str | None = None) -> Held:
    endpoints = tuple(
        EndpointRecord(network_id=each, network=each, config=EndpointConfig(), id=f"{name}-{each}") for each in networks
    )
    return Held(ContainerEndpoints(name=name, hostname="h", endpoints=endpoints), Sandbox(sandbox) if sandbox else None)


def place(network: str) -> Place:
    return cast(Place, SimpleNamespace(network=SimpleNamespace(id=network)))


def test_who_is_on_a_network(database: Database) -> None:
    members = Members(database)
    members.keep("1", held("one", "a", "b"))
    members.keep("2", held("two", "a"))
    assert [member.name for member in members.of("a")] == ["one", "two"]
    assert [member.name for member in members.of("b")] == ["one"]
    assert members.of("c") == ()
    assert (members.in_use("b"), members.in_use("c")) == (True, False)
    members.forget("1")
    assert (members.get("1"), members.in_use("b")) == (None, False)
    with pytest.raises(KeyError):
        members["1"]


def test_only_who_has_a_namespace_is_alive(database: Database) -> None:
    members = Members(database)
    members.keep("1", held("one", "a", "b", sandbox="/proc/1/ns/net"))
    members.keep("2", held("two", "host"))
    assert [(container, sandbox.path, endpoint.id) for container, sandbox, endpoint in members.living()] == [
        ("1", "/proc/1/ns/net", "one-a"),
        ("1", "/proc/1/ns/net", "one-b"),
    ]


def test_the_next_daemon_finds_what_was_kept(database: Database) -> None:
    members = Members(database)
    members.keep("1", held("one", "a"))
    members.keep("2", held("two", "a"))
    found = Members(database)
    assert dict(found.stored()) == {"1": held("one", "a").record, "2": held("two", "a").record}
    assert found.of("a") == ()
    found.take_over("1", held("one", "a"))
    found.discard("2")
    assert [member.name for member in found.of("a")] == ["one"]
    assert list(dict(Members(database).stored())) == ["1"]


def test_a_network_that_is_being_joined_is_in_use(database: Database) -> None:
    members = Members(database)
    with members.about_to_join([place("a"), place("b")]), members.about_to_join([place("a")]):
        assert (members.in_use("a"), members.in_use("b"), members.in_use("c")) == (True, True, False)
    with pytest.raises(RuntimeError), members.about_to_join([place("a")]):
        raise RuntimeError
    assert (members.in_use("a"), members.in_use("b")) == (False, False)


async def test_a_container_that_has_just_ended_is_waited_for(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.networks.members._SETTLING_SECONDS", 1000.0)
    members = Members(database)
    members.keep("1", held("one", "a", sandbox=f"{tmp_path}/gone"))

    async def settle() -> None:
        await anyio.sleep(0.1)
        members.forget("1")

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(settle)
            await members.let_leave("a")
            assert members.of("a") == ()


async def test_one_that_runs_is_not(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.networks.members._SETTLING_SECONDS", 1000.0)
    members = Members(database)
    members.keep("1", held("one", "a", sandbox=str(tmp_path)))
    with anyio.fail_after(30):
        await members.let_leave("a")
        await members.let_leave("empty")
    assert members.of("a")
