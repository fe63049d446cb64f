import os
import subprocess
import sys
from pathlib import Path


def test_the_classes_are_what_the_files_make() -> None:
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = [sys.executable, "-m", "plugins.api_buildkit.proto.generate", "--check"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
