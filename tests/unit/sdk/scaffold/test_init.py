"""Every kind's project is complete: it imports, registers, and its test is the contract suite of its kind, red until the driver is right."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from sdk.errors import InvalidArgument
from sdk.providers import Kind
from sdk.scaffold import contract_source, render
from sdk.scaffold.interfaces import INTERFACES

ROOT = Path(__file__).parents[4]
UNWRITTEN = [kind for kind in Kind if kind is not Kind.OBSERVER]
"""An observer that does nothing is right: its scaffold does something."""
NEED_ROOT = {Kind.STORAGE, Kind.NETWORK, Kind.RUNTIME}


def run_pytest(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a project's tests as its author does, without having installed it."""
    return subprocess.run(
        # no:core_sdk: an environment that an earlier release was installed in announces the sdk's plugin a second time
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:core_sdk",
            "-p",
            "no:xdist",
            "-rfE",
            "--tb=short",
            *words,
        ],
        cwd=project,
        env={key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")},
        capture_output=True,
        text=True,
    )


def test_an_observers_project_works_as_it_is(tmp_path: Path) -> None:
    render(Kind.OBSERVER, "my-audit", tmp_path)
    done = run_pytest(tmp_path)
    assert done.returncode == 0, done.stdout[-3000:]
    source = (tmp_path / "core_observer_my_audit/driver.py").read_text()
    assert "class MyAuditObserver(Observer):" in source
    assert 'observers = ["my-audit"]' in (tmp_path / "README.md").read_text()


@pytest.mark.parametrize("kind", UNWRITTEN)
def test_the_projects_tests_are_red_for_what_is_missing(kind: Kind, tmp_path: Path) -> None:
    render(kind, "my-fs", tmp_path / "project")
    done = run_pytest(tmp_path / "project", "--maxfail=4", "tests/test_plugin.py", "tests/test_contract.py")
    assert done.returncode == 1, done.stdout + done.stderr  # 2 would be a project that cannot be imported
    assert "test_every_method_is_written" in done.stdout
    assert f"{kind}_my_fs: " in done.stdout
    assert "is not implemented yet" in done.stdout
    others = [
        line for line in done.stdout.splitlines() if line.startswith("E  ") and re.search(r"\b(Name|Import|Attribute)Error", line)
    ]
    assert others == []
    cases = re.findall(r"^(?:FAILED|ERROR) tests/test_contract.py", done.stdout, re.MULTILINE)
    assert len(cases) >= 3 or (kind in NEED_ROOT and os.geteuid() != 0)


@pytest.mark.parametrize("kind", Kind)
def test_its_test_is_the_contract_suite_of_its_kind(kind: Kind, tmp_path: Path) -> None:
    render(kind, "my-fs", tmp_path)
    text = (tmp_path / "tests/test_contract.py").read_text()
    assert f"from sdk.testing.contracts.{INTERFACES[kind].page} import " in text
    assert re.search(r"class TestMyFs\(\w+Contract\):", text)


@pytest.mark.parametrize("kind", Kind)
def test_it_links_to_the_page_of_its_kind(kind: Kind, tmp_path: Path) -> None:
    render(kind, "my-fs", tmp_path)
    for file in ("README.md", f"core_{kind}_my_fs/driver.py"):
        page = re.search(r"docs/reference/drivers/\w+\.md", (tmp_path / file).read_text())
        assert page is not None
        assert (ROOT / page[0]).is_file()


def test_its_pytest_comes_with_its_development_group(tmp_path: Path) -> None:
    render(Kind.VOLUME, "nfs", tmp_path)
    text = (tmp_path / "pyproject.toml").read_text()
    assert re.search(r'^\[dependency-groups\]\ndev = .*"pytest', text, re.MULTILINE)
    assert "-p sdk.testing.plugin" in text


def test_it_says_that_it_is_typed_and_has_its_types_checked(tmp_path: Path) -> None:
    render(Kind.LOG, "mine", tmp_path)
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text())
    assert "Typing :: Typed" in project["project"]["classifiers"]
    assert (tmp_path / "core_log_mine/py.typed").is_file()
    assert project["tool"]["mypy"] == {"strict": True}


@pytest.mark.parametrize(("kind", "command"), [(Kind.LOG, "pytest"), (Kind.NETWORK, "sudo $(command -v pytest)")])
def test_its_workflow_runs_the_tests_on_each_version(kind: Kind, command: str, tmp_path: Path) -> None:
    render(kind, "mine", tmp_path)
    (job,) = yaml.safe_load((tmp_path / ".github/workflows/tests.yml").read_text())["jobs"].values()
    runs = [step["run"] for step in job["steps"] if "run" in step]
    assert command in runs
    assert job["strategy"]["matrix"].keys() == {"python", "engine"}
    assert 'pip install "${{ matrix.engine }}" . --group dev' in runs


def test_the_driver_has_every_abstract_method_with_the_interfaces_types(tmp_path: Path) -> None:
    render(Kind.STORAGE, "btrfs", tmp_path)
    source = (tmp_path / "core_storage_btrfs/driver.py").read_text()
    assert "class BtrfsStorageDriver(StorageDriver):" in source
    assert "async def commit(self, name: ChainID, key: str, *, parent: ChainID | None) -> None:" in source
    assert 'raise Unsupported("storage_btrfs: commit is not implemented yet")' in source
    assert "async def status" not in source


def test_what_it_does_at_the_end_is_done_on_every_stop(tmp_path: Path) -> None:
    render(Kind.STORAGE, "btrfs", tmp_path)
    source = (tmp_path / "core_storage_btrfs/plugin.py").read_text()
    assert re.search(
        r"    try:\n        yield driver\n    finally:\n(.*\n)?        with anyio\.CancelScope\(shield=True\):\n", source
    )


def test_the_project_announces_its_entry_point(tmp_path: Path) -> None:
    render(Kind.STORAGE, "btrfs", tmp_path)
    assert 'storage_btrfs = "core_storage_btrfs.plugin"' in (tmp_path / "pyproject.toml").read_text()


@pytest.mark.parametrize("name", ["", "Btrfs", "my fs", "-x", "x-", "../x", "class"])
def test_a_bad_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="is no driver name"):
        render(Kind.STORAGE, name, tmp_path)
    assert list(tmp_path.iterdir()) == []


DRIVER = '''"""Volumes in memory of the driver's directory: each a directory of its name."""

import json
import re
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from sdk.drivers.volume import DriverVolume, VolumeDriver
from sdk.errors import Conflict, InvalidArgument, NoSuchVolume


class PlainVolumeDriver(VolumeDriver):
    """Directories below one directory; what a volume is, is noted beside it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def create(self, name: str, options: Mapping[str, str]) -> DriverVolume:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
            raise InvalidArgument(f"{name} is no name of a volume")
        if options:
            raise InvalidArgument("this driver has no options")
        if not self._note(name).exists():
            (self._root / name).mkdir()
            self._note(name).write_text(json.dumps(time.time_ns()))
        return await self.get(name)

    async def remove(self, name: str) -> None:
        shutil.rmtree(self._root / name, ignore_errors=True)
        self._note(name).unlink(missing_ok=True)

    async def get(self, name: str) -> DriverVolume:
        if not self._note(name).exists():
            raise NoSuchVolume(name)
        return DriverVolume(name, self._root / name, json.loads(self._note(name).read_text()), {})

    async def list(self) -> Sequence[DriverVolume]:
        return tuple([await self.get(note.name.removesuffix(".note")) for note in sorted(self._root.glob("*.note"))])

    async def mount(self, name: str, user: str) -> Path:
        return (await self.get(name)).mountpoint

    async def unmount(self, name: str, user: str) -> None:
        """Nothing was mounted."""

    async def size(self, name: str) -> int:
        return -1

    def _note(self, name: str) -> Path:
        return self._root / f"{name}.note"
'''


def write_plain_driver(source: str, project: Path) -> None:
    """Make the project of a volume driver, and write the driver."""
    render(Kind.VOLUME, "plain", project)
    (project / "core_volume_plain/driver.py").write_text(source)
    plugin = project / "core_volume_plain/plugin.py"
    plugin.write_text(plugin.read_text().replace("PlainVolumeDriver()", "PlainVolumeDriver(context.data_root)"))


def test_a_driver_that_is_right_turns_it_green(tmp_path: Path) -> None:
    write_plain_driver(DRIVER, tmp_path)
    done = run_pytest(tmp_path)
    assert done.returncode == 0, done.stdout[-3000:]
    assert re.search(r"\d\d passed", done.stdout)


def test_a_driver_with_one_mistake_is_red(tmp_path: Path) -> None:
    """Removing leaves the data behind."""
    mistaken = DRIVER.replace("shutil.rmtree(self._root / name, ignore_errors=True)", "pass").replace(
        "(self._root / name).mkdir()", "(self._root / name).mkdir(exist_ok=True)"
    )
    write_plain_driver(mistaken, tmp_path)
    done = run_pytest(tmp_path)
    assert done.returncode == 1
    assert "test_remove_takes_the_data_and_is_idempotent" in done.stdout


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("isolated", [False, True])
def test_the_test_module_of_an_installed_driver_is_python(kind: Kind, isolated: bool) -> None:
    source = contract_source(kind, "my-fs", "their.plugin", {"depth": 1}, isolated=isolated)
    compile(source, "test_contract.py", "exec")
    assert "their.plugin" in source
    assert "$" not in source
    can_be = kind in (Kind.STORAGE, Kind.NETWORK, Kind.VOLUME)
    assert ("from sdk.testing.isolated import isolated" in source) is (isolated and can_be)
    assert (f'isolated("{kind}", ' in source) is (isolated and can_be)
    assert "depth" in source
