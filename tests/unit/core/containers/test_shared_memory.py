"""Shared memory of containers that share their IPC namespace."""

import stat

import pytest

from core.containers.shared_memory import joined_memory, shareable_memory
from sdk.errors import InvalidArgument


def test_the_second_container_gets_the_firsts(tmp_path):
    first = shareable_memory(tmp_path)
    assert first == shareable_memory(tmp_path) == joined_memory("c1", tmp_path)
    assert first.destination == "/dev/shm"
    assert stat.S_IMODE((tmp_path / "shm").stat().st_mode) == 0o1777


def test_a_private_one_is_not_shared(tmp_path):
    with pytest.raises(InvalidArgument, match=r"^failed to join IPC namespace: container c1: non-shareable IPC"):
        joined_memory("c1", tmp_path)
