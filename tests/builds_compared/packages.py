"""Packages of Debian that a build installs, fetched by the machine's own apt and kept."""

import subprocess
from pathlib import Path

from tests.compose.clients import CACHE

_NAMES = ("hello", "tree", "libonig5", "libjq1", "jq")


def packages() -> Path:
    """Return a directory of .deb files. Raises subprocess.CalledProcessError where apt cannot fetch them."""
    directory = CACHE / "builds" / "-".join(_NAMES)
    if not directory.is_dir():
        unfinished = directory.with_suffix(".unfinished")
        unfinished.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", *_NAMES], check=True, cwd=unfinished)
        unfinished.rename(directory)
    return directory
