"""Whose process has an ID: the kernel tells it by the cgroup."""

import os
from pathlib import Path

import pytest

from core.containers.life import processes
from core.containers.life.processes import is_process_of

GONE = 1 << 22
"""Above the largest PID."""


def test_a_process_is_of_the_container_whose_id_its_cgroup_has() -> None:
    name = Path("/proc/self/cgroup").read_text().splitlines()[0].split(":", 1)[1]
    assert is_process_of(os.getpid(), name)
    assert not is_process_of(os.getpid(), "f" * 64)


def test_none_has_no_process() -> None:
    assert not is_process_of(0, "")
    assert not is_process_of(GONE, "")


def test_a_cgroup_of_another_may_have_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_PROC", tmp_path)
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "cgroup").write_bytes(b"0::/caf\xe9/" + b"a" * 64 + b"\n")
    assert is_process_of(7, "a" * 64)
    assert not is_process_of(7, "b" * 64)
