"""The state file of a shim, as the kernel and the executor leave it, and files that are none."""

import errno
import os
import signal
import struct
from pathlib import Path

import pytest

from sdk.shim import layout
from sdk.shim.plan import Plan
from sdk.shim.state import StateFile
from tests.descriptors import open_descriptors


@pytest.fixture
def image() -> bytes:
    plan = Plan({"one": 1})
    plan.call("one", why="")
    return plan.assemble()


def stored(state: StateFile, offset: int, kind: str, *values: int) -> None:
    os.pwrite(state.descriptor, struct.pack(kind, *values), offset)


def test_a_new_one_is_of_a_process_that_runs_and_has_not_failed(image: bytes, tmp_path: Path) -> None:
    for path in (None, tmp_path / "state"):
        state = StateFile.create(image, path)
        assert (state.shim, state.pid, state.failure, state.exit_status(5)) == (0, 0, None, None)
        state.close()
        state.close()
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("status", "code"),
    [(0, 0), (7 << 8, 7), (255 << 8, 255), (signal.SIGKILL, 137), (signal.SIGSEGV | 0x80, 139), (signal.SIGTERM, 143)],
)
def test_a_wait_status_is_an_exit_code_with_its_time(image: bytes, tmp_path: Path, status: int, code: int) -> None:
    state = StateFile.create(image, tmp_path / "state")
    stored(state, layout.STATUS, "<i", status)
    ended = state.exit_status(5)
    assert ended is not None
    assert (ended.code, ended.at_ns) == (code, 5)
    stored(state, layout.EXITED, "<qq", 3, 4)
    ended = state.exit_status(5)
    assert ended is not None
    assert ended.at_ns == 3_000_000_004
    state.close()


def test_a_failure_is_an_operation_and_an_errno(image: bytes, tmp_path: Path) -> None:
    state = StateFile.create(image, tmp_path / "state")
    (offset,) = struct.unpack_from("<q", image, layout.FAILURE_OFFSET)
    stored(state, offset, "<II", 1, errno.EPERM)
    assert state.failure == (0, errno.EPERM)
    os.ftruncate(state.descriptor, offset + 4)
    assert state.failure is None
    state.close()


def test_one_of_an_earlier_shim_is_opened_again(image: bytes, tmp_path: Path) -> None:
    first = StateFile.create(image, tmp_path / "state")
    stored(first, layout.PID, "<i", 42)
    again = StateFile.open(tmp_path / "state")
    assert again is not None
    first.forget_file()
    assert (first.pid, again.pid) == (42, 42)
    first.close()
    again.close()


@pytest.mark.parametrize("content", [None, b"", b"x" * (layout.HEADER.size - 1)])
def test_what_is_missing_or_not_whole_is_none(tmp_path: Path, content: bytes | None) -> None:
    before = len(open_descriptors())
    if content is not None:
        (tmp_path / "state").write_bytes(content)
    assert StateFile.open(tmp_path / "state") is None
    assert len(open_descriptors()) == before
