"""The table of names: what stands for an image, quickly, also where there are many, and what is no name."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.images.references import ReferenceRecord, References, check_name
from core.store.database import Database
from sdk.errors import InvalidArgument
from sdk.oci.reference import parse_reference

ONE, TWO, ARM = (f"sha256:{digit * 64}" for digit in "123")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "core.db")
    yield opened
    opened.close()


def names(found: tuple[object, ...]) -> list[str]:
    return [name.familiar for name in found]


def test_names_by_image(database: Database) -> None:
    table = References(database)
    digest = parse_reference(f"app@{ONE}")
    table.put(digest, ReferenceRecord(ONE, 1))
    table.put(parse_reference("app:b"), ReferenceRecord(ONE, 1, TWO, (ARM,)))
    table.put(parse_reference("app:a"), ReferenceRecord(ONE, 1))
    assert names(table.of(ONE)) == ["app:a", "app:b", f"app@{ONE}"]
    assert (names(table.of(ARM)), names(table.standing_for(ARM))) == ([], ["app:b"])
    table.put(parse_reference("app:b"), ReferenceRecord(TWO, 2))
    assert (names(table.standing_for(ARM)), names(table.of(TWO))) == ([], ["app:b"])
    table.delete(digest)
    table.delete(digest)
    assert names(References(database).standing_for(ONE)) == names(table.of(ONE)) == ["app:a"]


def test_a_name_that_is_none_keeps_nothing_from_starting(database: Database) -> None:
    raw = database.table("refs", ReferenceRecord)
    for key in ("a b", "../../x:1", "UPPER:1", "docker.io/library/good:1"):
        raw.put(key, ReferenceRecord(ONE, 1))
    assert names(tuple(References(database))) == ["good:1"]


def test_many_names_are_found_at_once(database: Database) -> None:
    table = References(database)
    with database.transaction():
        for number in range(3000):
            table.put(parse_reference(f"app:{number}"), ReferenceRecord(f"sha256:{number:064x}", 1))
    begun = time.thread_time()
    for number in range(3000):
        assert names(table.standing_for(f"sha256:{number:064x}")) == [f"app:{number}"]
    assert time.thread_time() - begun < 1


@pytest.mark.parametrize("name", ["sha256:x", "sha512:x", "docker.io/library/sha256:x"])
def test_names_that_read_as_digests(name: str) -> None:
    with pytest.raises(InvalidArgument, match="ambiguous tag"):
        check_name(parse_reference(name))
    check_name(parse_reference(f"127.0.0.1:5000/{name.rpartition('/')[2]}"))
