"""What the database says, read beside its writer."""

from pathlib import Path

from core.host.instance import derived_instance
from core.host.records import Records, read_records
from core.store.database import Database
from sdk.oci.image import RootFS


def test_without_a_database_nothing_is_recorded(tmp_path: Path) -> None:
    assert read_records(tmp_path) == Records(instance=derived_instance(tmp_path))


def test_ids_states_and_instance_are_read_while_the_writer_is_open(tmp_path: Path) -> None:
    database = Database(tmp_path / "core.db")
    database.table("engine", str).put("instance", "12345678")
    containers = database.table("containers", dict[str, str])
    containers.put("a" * 64, {"state": "running", "image": "d" * 64})
    containers.put("b" * 64, {"state": "exited"})
    containers.put("e" * 64, {"state": "paused"})
    database.table("layers", RootFS).put(f"sha256:{'c' * 64}", RootFS())
    records = read_records(tmp_path)
    assert records.instance == "12345678"
    assert records.alive == {"a" * 64, "e" * 64}
    assert records.known == {letter * 64 for letter in "abcde"}
    database.close()
