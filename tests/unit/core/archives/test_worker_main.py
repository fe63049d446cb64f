"""A worker process ends when its work is done."""

import subprocess
import sys
from pathlib import Path

import pytest

READS_ON = """
import os, sys, threading
def main():
    threading.Thread(target=os.read, args=(0, 1)).start()
    {end}
"""


@pytest.mark.parametrize(("end", "status"), [("pass", 0), ("sys.exit(3)", 3), ("sys.exit('no')", 1)])
def test_threads_that_still_read_do_not_hold_it_up(tmp_path: Path, end: str, status: int) -> None:
    (tmp_path / "reads_on.py").write_text(READS_ON.format(end=end))
    code = f"import sys; sys.path.append({str(tmp_path)!r}); from core.archives.worker_main import run; run('reads_on')"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as worker:
        assert worker.wait(20) == status


def test_what_nobody_foresaw_is_shown(tmp_path: Path) -> None:
    (tmp_path / "breaks.py").write_text("def main(): raise KeyError('x')\n")
    code = f"import sys; sys.path.append({str(tmp_path)!r}); from core.archives.worker_main import run; run('breaks')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert "KeyError: 'x'" in done.stderr
