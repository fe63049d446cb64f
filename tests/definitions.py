"""The published definitions of the Docker API (`v1.55.yaml` and older ones), where the machine has them.

DOCKER_API_SWAGGER names one file, of any name, or a directory of them; without it they are looked for beside the repository.
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
    if place.is_file():
        return {_minor(place): place}
    return dict(sorted((int(named[1]), file) for file in place.glob("*.yaml") if (named := _NAME.fullmatch(file.name))))


def _minor(file: Path) -> int:
    """Return the version that a file is of, by its name, and for one of another name by what it says itself."""
    named = _NAME.fullmatch(file.name)
    if named:
        return int(named[1])
    information = _read(file)["info"]
    assert isinstance(information, dict)
    return int(str(information["version"]).removeprefix("1."))


def newest() -> Tree:
    """Return the newest definition; there must be one."""
    return definition(max(published()))


@cache
def definition(minor: int) -> Tree:
    """Return the definition of one version."""
    return _read(published()[minor])


def _read(path: Path) -> Tree:
    with path.open("rb") as file:
        return yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
