"""A virtual environment that holds the engine, as this one does, and a third party's distribution, built and installed as a wheel."""

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

DEMO = Path(__file__).parent / "core-storage-demo"

collect_ignore = [DEMO.name]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The third party's wheel, built from its own project."""
    directory = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(directory), cwd=DEMO)
    (built,) = directory.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def their_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment in which somebody ran `pip install core-engine core-storage-demo`."""
    environment = tmp_path_factory.mktemp("environment")
    _run(sys.executable, "-m", "venv", "--without-pip", str(environment))
    python = environment / "bin" / "python"
    site = next((environment / "lib").glob("python*/site-packages"))
    (site / "engine.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    _run(sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index", str(wheel))
    return python


def _run(*words: str, cwd: Path | None = None) -> None:
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
