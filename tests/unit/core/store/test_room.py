"""Room that is kept for bad times."""

from pathlib import Path

from core.store.room import Reserve, keep_behind


def allocated(path: Path) -> int:
    return path.stat().st_blocks * 512


def test_room_behind_a_file_changes_nothing_that_a_reader_sees(tmp_path: Path) -> None:
    path = tmp_path / "core.db"
    path.write_bytes(b"content")
    keep_behind(path, 1 << 20)
    assert path.read_bytes() == b"content"
    assert allocated(path) >= 1 << 20
    keep_behind(path, 1 << 20)
    assert allocated(path) < 2 << 20, "and is kept once"


def test_room_behind_a_missing_file_is_none(tmp_path: Path) -> None:
    keep_behind(tmp_path / "missing", 1 << 20)
    assert list(tmp_path.iterdir()) == []


def test_a_reserve_is_taken_once_and_given_up(tmp_path: Path) -> None:
    reserve, path = Reserve(tmp_path / "reserve"), tmp_path / "reserve"
    reserve.keep()
    reserve.keep()
    assert allocated(path) == path.stat().st_size == 1 << 20
    assert path.stat().st_mode & 0o777 == 0o600
    reserve.give_up()
    reserve.give_up()
    assert list(tmp_path.iterdir()) == []


def test_where_none_can_be_taken_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    Reserve(tmp_path / "file/reserve").keep()
    (tmp_path / "reserve").mkdir()
    Reserve(tmp_path / "reserve").keep()
    assert (tmp_path / "reserve").is_dir()


def test_a_directory_that_takes_a_time_has_no_room_and_another_says_why(tmp_path: Path) -> None:
    assert Reserve(tmp_path / "reserve").refusal() == "no space left on device"
    assert Reserve(tmp_path / "missing/reserve").refusal() == "no such file or directory"
