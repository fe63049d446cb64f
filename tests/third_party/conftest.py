"""A fresh virtual environment with the engine's wheel, and the wheels of two distributions of third parties; nothing of the checkout."""

import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STORAGE = Path(__file__).parent / "core-storage-demo"
FRONTEND = Path(__file__).parent / "core-frontend-live"

collect_ignore = [STORAGE.name, FRONTEND.name]


@dataclass(frozen=True)
class Environment:
    """The environment in which a user ran `pip install core-engine core-storage-demo core-frontend-live`."""

    python: Path

    @property
    def variables(self) -> Mapping[str, str]:
        """Variables by which no process imports the checkout."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHONPATH", "COVERAGE_"))}
        return kept | {"PYTHONSAFEPATH": "1"}

    def run(self, *words: str, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a module of it, with more variables."""
        return subprocess.run(
            [self.python, "-m", *words], cwd=cwd or "/", env={**self.variables, **more}, capture_output=True, text=True
        )


@pytest.fixture(scope="session")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The environment. What the engine needs of others is that of the environment which runs the tests."""
    wheels, environment = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("environment")
    for project in (ROOT, STORAGE, FRONTEND):
        _run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(wheels), cwd=project)
    _run(sys.executable, "-m", "venv", "--without-pip", str(environment))
    python = environment / "bin" / "python"
    (site,) = (environment / "lib").glob("python*/site-packages")
    for entry in _others():
        (site / entry.name).symlink_to(entry)
    built = map(str, sorted(wheels.glob("*.whl")))
    _run(sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index", *built)
    return Environment(python)


def _others() -> Iterator[Path]:
    """Yield what is installed here but the engine, which is the checkout itself here."""
    seen = set()
    for place in dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))):
        for entry in Path(place).iterdir():
            is_engine = "core_engine" in entry.name or entry.suffix == ".pth"
            if not is_engine and entry.name not in ("__pycache__", *seen):
                seen.add(entry.name)
                yield entry


def _run(*words: str, cwd: Path | None = None) -> None:
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
