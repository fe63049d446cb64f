"""The files of a log that two have open: one puts aside and compresses, the other drops what came after a position."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sdk.drivers.logs import StdStream
from sdk.logfiles.files import LogFiles
from sdk.logfiles.local import LocalLines
from sdk.logfiles.rotation import Rotation

ROTATION = Rotation(max_size=1, max_file=9, compress=True)


def opened(path: Path, later: Callable[[Callable[[], None]], object]) -> LogFiles:
    return LogFiles(path, ROTATION, LocalLines(), later)


@pytest.mark.parametrize("moment", ["before", "while", "after"])
def test_what_is_dropped_does_not_come_back_compressed(tmp_path: Path, moment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path, under_way = tmp_path / "x.log", list[Callable[[], None]]()
    writer, other = opened(path, under_way.append), opened(path, under_way.append)
    path.write_bytes(LocalLines().encode(StdStream.STDOUT, b"dropped\n", 1))
    writer.rotate()
    rename = os.rename

    def renamed(source: Path, target: Path) -> None:
        rename(source, target)
        other.drop_after(0)

    if moment == "before":
        other.drop_after(0)
    elif moment == "while":
        monkeypatch.setattr(os, "rename", renamed)
    under_way.pop()()
    if moment == "after":
        other.drop_after(0)
    assert list(tmp_path.iterdir()) == []
