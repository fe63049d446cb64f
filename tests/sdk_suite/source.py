"""The Docker SDK for Python's own integration suite: the last release whose source on PyPI has its tests, unpacked beside the system.

`python -m tests.sdk_suite.source` fetches it, and makes a virtual environment of the versions it was released with.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

from tests.compose.clients import CACHE

RELEASE = "6.1.3"
API_VERSION = "1.41"
"""What this release speaks."""

_DIRECTORY = CACHE / "docker-sdk" / RELEASE
SUITE = _DIRECTORY / "suite"
PYTHON = _DIRECTORY / "venv/bin/python"


def fetch() -> None:
    """Fetch the suite unless it is here. Raises subprocess.CalledProcessError where pip fails."""
    if _DIRECTORY.is_dir():
        return
    unfinished = _DIRECTORY.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    _pip(Path(sys.executable), "download", "--no-deps", "--no-binary", "docker", "--dest", unfinished, f"docker=={RELEASE}")
    archive = unfinished / f"docker-{RELEASE}.tar.gz"
    with tarfile.open(archive) as source:
        source.extractall(unfinished)
    os.rename(unfinished / f"docker-{RELEASE}", unfinished / "suite")
    venv.create(unfinished / "venv", with_pip=True)
    requirements = [word for name in ("requirements.txt", "test-requirements.txt") for word in ("-r", unfinished / "suite" / name)]
    _pip(unfinished / "venv/bin/python", "install", *requirements, archive)
    shutil.rmtree(unfinished / "suite/docker")  # the tests shall find what is installed
    unfinished.rename(_DIRECTORY)


def _pip(python: Path, *words: str | Path) -> None:
    subprocess.run([python, "-m", "pip", "--quiet", "--disable-pip-version-check", *words], check=True)


if __name__ == "__main__":
    fetch()
