"""What the sdk offers can be imported by itself, and each thing lives in one place."""

import ast
import subprocess
import sys
from collections import defaultdict

import pytest

from tests.architecture.source import files, modules

SDK = sorted(path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in files() if path.startswith("sdk/"))


def test_the_sdk_pulls_in_neither_core_nor_plugins() -> None:
    names = [name for name in SDK if not name.startswith("sdk.testing")]
    script = f"import importlib, sys; [importlib.import_module(name) for name in {names!r}]; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not {"core", "plugins", "fastapi", "uvicorn", "pytest"} & set(done.stdout.split())


def test_a_public_class_of_the_sdk_is_defined_once_per_room() -> None:
    places: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path, module in modules().items():
        if path.startswith("sdk/"):
            for node in module.body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    places[path.rsplit("/", 1)[0], node.name].append(path)
    assert {name: paths for (_room, name), paths in places.items() if len(paths) > 1} == {}


@pytest.mark.parametrize("package", ["sdk"])
def test_the_package_says_that_it_is_typed(package: str) -> None:
    from tests.architecture.source import ROOT

    assert (ROOT / package / "py.typed").is_file()
