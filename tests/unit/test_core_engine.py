"""Another project's `core`, `sdk` or `plugins` that is found first is named, instead of a traceback about what it lacks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("core", "sdk", "plugins")


def _foreign(directory: Path, package: str, *, as_module: bool = False) -> Path:
    place = directory / (f"{package}.py" if as_module else package)
    if as_module:
        place.touch()
    else:
        place.mkdir()
        (place / "__init__.py").touch()
    return place


@pytest.mark.parametrize("as_module", [False, True], ids=["package", "module"])
@pytest.mark.parametrize("package", PACKAGES)
def test_one_on_the_path_is_named(tmp_path: Path, package: str, as_module: bool) -> None:
    place = _foreign(tmp_path, package, as_module=as_module)
    done = subprocess.run(
        [sys.executable, "-P", "-c", "import core_engine; core_engine.main()", "version"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"core: another package {package}, {place}, hides the engine's own in {ROOT}: "
        "start elsewhere, or take its folder out of PYTHONPATH\n"
    )


@pytest.mark.parametrize("package", ["sdk", "plugins"])
def test_one_in_the_working_directory_is_named_by_python_m_core(tmp_path: Path, package: str) -> None:
    place = _foreign(tmp_path, package)
    done = subprocess.run([sys.executable, "-m", "core", "ps"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert f"core: another package {package}, {place}, hides" in done.stderr


def test_a_folder_that_is_no_package_hides_nothing(tmp_path: Path) -> None:
    for package in PACKAGES:
        (tmp_path / package).mkdir()
    done = subprocess.run(
        [sys.executable, "-P", "-c", "import core_engine; core_engine.main()", "serve", "--version"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout.startswith("Core Engine version")) == (0, True)


def test_the_programs_begin_there() -> None:
    assert 'core = "core_engine:main"' in (ROOT / "pyproject.toml").read_text()
