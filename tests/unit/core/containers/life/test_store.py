"""Records in memory and on disk agree, also where the disk takes no more."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from core.containers.life.live import LiveContainer
from core.containers.life.record import ContainerRecord
from core.containers.life.store import ContainerStore
from core.store.database import Database
from sdk.engine.containers import ContainerState as State
from sdk.errors import NameInUse, NoSuchContainer, ResourceExhausted
from tests.unit.core import records

LONG = "x" * 100_000


class Stage:
    """A store whose database can be full."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path)
        self.store = ContainerStore(self.database)
        record = records.record(id="c1", name="old", state=State.RUNNING)
        self.live: LiveContainer = self.store.insert(record)

    def full(self, *, yes: bool) -> None:
        """Let SQLite take no further page, as on a full disk, or as many as it likes."""
        (pages,) = self.database._connection.execute("PRAGMA page_count").fetchone()
        self.database._connection.execute(f"PRAGMA max_page_count={pages + (2 if yes else 10_000)}")

    def on_disk(self) -> ContainerRecord:
        found = self.database.table("containers", ContainerRecord).get("c1")
        assert found is not None
        return found


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "core.db")


def test_a_rename_that_cannot_be_written_leaves_the_old_name(stage: Stage) -> None:
    stage.full(yes=True)
    with pytest.raises(ResourceExhausted):
        stage.store.rename(stage.live, LONG)
    with pytest.raises(NoSuchContainer):
        stage.store.find(LONG)
    assert stage.store.find("old") is stage.live
    assert stage.live.name == stage.on_disk().name == "old"
    stage.full(yes=False)
    stage.store.rename(stage.live, LONG)
    assert stage.store.find(LONG) is stage.live
    assert "old" not in stage.store.names


def test_what_has_happened_is_kept_until_it_can_be_written(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.full(yes=True)
    for code in (1, 7):
        stage.store.keep(stage.live, replace(stage.live.record, state=State.EXITED, exit_code=code, error=LONG))
    assert (stage.live.record.exit_code, stage.on_disk().state) == (7, State.RUNNING)
    assert not stage.store.is_written("c1")
    assert not stage.store.flush()
    assert len(caplog.records) == 1
    stage.full(yes=False)
    assert stage.store.flush()
    assert stage.store.is_written("c1")
    assert stage.on_disk() == stage.live.record


def test_a_later_record_takes_the_place_of_one_not_yet_written(stage: Stage) -> None:
    stage.full(yes=True)
    stage.store.keep(stage.live, replace(stage.live.record, error=LONG))
    stage.store.save(stage.live, replace(stage.live.record, error="short"))
    stage.full(yes=False)
    assert stage.store.flush()
    assert stage.on_disk().error == "short"


def test_a_name_is_taken_before_its_container_is_on_disk(stage: Stage) -> None:
    made = replace(stage.live.record, id="c2", name="new")
    stage.store.reserve(made)
    with pytest.raises(NameInUse):
        stage.store.reserve(replace(made, id="c3"))
    assert stage.database.table("containers", ContainerRecord).get("c2") is None
    stage.store.forget("c2", "new")
    stage.store.reserve(replace(made, id="c3"))


def test_a_container_that_is_gone_is_one_whose_removal_the_next_daemon_finishes(stage: Stage, tmp_path: Path) -> None:
    removing = replace(stage.live.record, state=State.REMOVING, volumes_go=True)
    stage.store.keep(stage.live, removing)
    stage.store.forget("c1", "old")
    assert "c1" not in stage.store
    after_a_kill = ContainerStore(Database(tmp_path / "core.db"))
    assert after_a_kill.load() == [removing]
    assert list(after_a_kill) == []
    stage.database.tidy()
    assert ContainerStore(Database(tmp_path / "core.db")).load() == []
