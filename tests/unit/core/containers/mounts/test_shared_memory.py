"""Shared memory of containers that share their IPC namespace."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.containers.mounts.shared_memory import joined_memory, release_memory, shareable_memory
from sdk.errors import InvalidArgument


@pytest.fixture
def bundle(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    release_memory(tmp_path)


@pytest.mark.privileged
def test_the_second_container_gets_the_firsts_of_the_size_it_has(bundle: Path) -> None:
    first = shareable_memory(bundle, 1 << 20)
    assert first == shareable_memory(bundle, 1 << 20) == joined_memory("c1", bundle)
    assert first.destination == "/dev/shm"
    assert stat.S_IMODE((bundle / "shm").stat().st_mode) == 0o1777
    room = os.statvfs(bundle / "shm")
    assert room.f_blocks * room.f_frsize == 1 << 20
    release_memory(bundle)
    release_memory(bundle)
    assert not (bundle / "shm").is_mount()


def test_a_private_one_is_not_shared(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match=r"^failed to join IPC namespace: container c1: non-shareable IPC"):
        joined_memory("c1", tmp_path)
