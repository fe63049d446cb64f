"""Who may import whom: the contracts of pyproject.toml, checked by import-linter."""

import subprocess
import sys
from pathlib import Path

from tests.architecture.source import ROOT, files


def test_the_import_contracts_are_kept() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]


def test_every_bundled_plugin_is_in_the_independence_contract() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    plugins = {path.parent.name for path in (ROOT / "plugins").glob("*/plugin.py")}
    assert [name for name in sorted(plugins) if f'"plugins.{name}"' not in text] == []
    assert [name for name in sorted(plugins) if f'{name} = "plugins.{name}.plugin"' not in text] == []


def test_a_plugins_registration_is_short() -> None:
    lengths = {
        path: len((ROOT / path).read_text().splitlines()) for path in files() if path.endswith("/plugin.py") and "plugins/" in path
    }
    assert {path: length for path, length in lengths.items() if length > 40 and not path.startswith("core/")} == {}
