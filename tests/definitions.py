"""The published definitions of the Docker API (`v1.55.yaml` and older ones), where the machine has them.

DOCKER_API_SWAGGER names one file or a directory of them; without it they are looked for beside the repository.
They are data of another project and no part of this one: without them the tests that need them are skipped.
"""

import os
import re
from functools import cache
from pathlib import Path

import yaml

Tree = dict[str, object]
_BESIDE = Path(__file__).resolve().parents[2] / "shared/reference/docker-api"
_NAME = re.compile(r"v1\.(\d+)\.yaml")


@cache
def published() -> dict[int, Path]:
    """Return the definitions by the minor version of the API, the oldest first; empty where there are none."""
    place = Path(os.environ.get("DOCKER_API_SWAGGER") or _BESIDE)
    files = [place] if place.is_file() else sorted(place.glob("*.yaml"))
    return dict(sorted((int(named[1]), file) for file in files if (named := _NAME.fullmatch(file.name))))


def newest() -> Tree:
    """Return the newest definition; there must be one."""
    return definition(max(published()))


@cache
def definition(minor: int) -> Tree:
    """Return the definition of one version."""
    with published()[minor].open("rb") as file:
        return yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
