"""How a whole run is kept short: long files begin first, byte code is kept, and the garbage collector leaves the tests alone."""

import gc
import os
import sys
from collections import Counter

import pytest

SECONDS = {
    "tests/integration/test_survival.py": 60,
    "tests/fuzz/test_api.py": 25,
    "tests/cli/test_run.py": 60,
    "tests/cli/test_lifecycle.py": 60,
    "tests/integration/test_doctor_repair.py": 55,
    "tests/integration/client/test_client.py": 45,
}
"""What the longest files take alone. It says only what begins early: a rough figure will do, and a file not named here may take 20."""

_OF_A_TEST = {"unit": 0.02, "architecture": 0.2}
_OF_A_DAEMONS_TEST, _AT_MOST = 0.7, 20.0


def keep_bytecode() -> None:
    """Let this process and those it starts write byte code, whatever the environment says.

    A run starts some hundred daemons and command lines; each would compile a thousand modules anew.
    """
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_collection(session: pytest.Session) -> None:
    """Collect without the garbage collector: nearly all that is made here stays."""
    gc.disable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several workers share the run, put the files that take longest first, so that none is left for the end."""
    if hasattr(config, "workerinput"):
        tests = Counter(_file(item) for item in items)
        items.sort(key=lambda item: -_seconds(_file(item), tests[_file(item)]))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Keep the garbage collector from looking through all tests again and again."""
    gc.freeze()
    gc.enable()


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _seconds(file: str, tests: int) -> float:
    """Return what a file will take, about."""
    kind = file.split("/")[1]
    return SECONDS.get(file) or min(tests * _OF_A_TEST.get(kind, _OF_A_DAEMONS_TEST), _AT_MOST)
