"""What is remembered of a container across a restart of the daemon."""

from pathlib import Path

import pytest

from plugins.runtime_ns.record import TaskRecord, load_record, remove_records, save_record


def test_a_record_is_kept_as_it_is(tmp_path: Path) -> None:
    assert load_record(tmp_path) is None
    record = TaskRecord("/docker/x", bytes(range(256)))
    save_record(tmp_path, record)
    assert load_record(tmp_path) == record


@pytest.mark.parametrize(
    "content", [b"", b"{", b"{}", b'{"cgroup": "/co', b'{"cgroup": "\xff"}', b'{"cgroup": 5}', b'{"x": ' + b"[" * 20_000]
)
def test_a_record_that_cannot_be_read_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "rt.task.json").write_bytes(content)
    assert load_record(tmp_path) is None


def test_what_the_runtime_keeps_is_removed_and_nothing_else(tmp_path: Path) -> None:
    save_record(tmp_path, TaskRecord("/x"))
    (tmp_path / "rt.state").touch()
    (tmp_path / "rt.root").mkdir()
    (tmp_path / "rt.rootfs").mkdir()
    (tmp_path / "config.json").touch()
    remove_records(tmp_path)
    remove_records(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]
