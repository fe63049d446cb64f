"""A reader waits for the writer of its process, and keeps the files that appear meanwhile, but not any number."""

import os
from pathlib import Path

import anyio
import pytest

from sdk.logfiles.follower import Follower
from tests.descriptors import open_descriptors

pytestmark = pytest.mark.anyio


async def test_what_is_told_since_the_round_began_ends_the_wait(anyio_backend_name: str) -> None:
    follower = Follower(1)
    follower.wake()
    with anyio.fail_after(30):
        await follower.wait()
    follower.begin()
    with anyio.move_on_after(0.01) as waiting:
        await follower.wait()
    assert waiting.cancelled_caught
    follower.begin()
    follower.end()
    with anyio.fail_after(30):
        await follower.wait()
    assert follower.closed


async def test_beyond_the_limit_the_oldest_files_are_given_up(tmp_path: Path) -> None:
    before = len(open_descriptors())
    follower = Follower(2)
    for name in ("a", "b", "c"):
        (tmp_path / name).touch()
        follower.add_file(tmp_path / name)
    assert [os.readlink(f"/proc/self/fd/{file}") for file in follower.files] == [str(tmp_path / "b"), str(tmp_path / "c")]
    follower.release()
    assert not follower.files
    assert len(open_descriptors()) == before
