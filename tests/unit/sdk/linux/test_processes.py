"""When processes began."""

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from sdk.linux.processes import began


def test_a_process_began_when_it_was_started() -> None:
    before = time.time()
    with subprocess.Popen(["sleep", "600"]) as process:
        after = time.time()
        assert before - 1 < began(process.pid) < after + 1
        process.kill()
    with pytest.raises(OSError, match=f"/proc/{process.pid}/stat"):
        began(process.pid)


def test_a_name_with_brackets_and_spaces_is_no_field(tmp_path: Path) -> None:
    program = tmp_path / "a) 1 2 (b"
    shutil.copy("/bin/sleep", program)
    with subprocess.Popen([program, "600"]) as process:
        assert abs(began(process.pid) - time.time()) < 60
        process.kill()
