"""Rooms: few enough files in a folder, and no circle of imports between what stands in one folder."""

import ast
from collections import Counter, defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import PurePosixPath

from tests.architecture.source import files, modules

FILES = 21
"""As many files as a reader takes in at a glance. What is generated is not read."""


def test_no_room_is_too_large() -> None:
    sizes = Counter(str(PurePosixPath(path).parent) for path in files() if not path.endswith("__init__.py"))
    assert {room: size for room, size in sizes.items() if size > FILES and not room.endswith("/proto")} == {}


def test_no_room_needs_a_room_that_needs_it() -> None:
    circles = []
    for folder, needs in _needs().items():
        try:
            TopologicalSorter(needs).prepare()
        except CycleError as error:
            circles.append((folder, error.args[1]))
    assert circles == []


def _needs() -> dict[str, dict[str, set[str]]]:
    """Return for each folder which of its files and folders need which others of it."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for path, module in modules().items():
        for target in _imported(module):
            parts, others = path.split("/"), target.split("/")
            shared = next((n for n, (one, other) in enumerate(zip(parts, others, strict=False)) if one != other), None)
            if shared is not None and "__init__.py" not in (parts[shared], others[shared]):
                found["/".join(parts[:shared])][parts[shared]].add(others[shared])
    return found


def _imported(module: ast.Module) -> set[str]:
    """Return the paths of the project's modules that a module imports, also those it imports late."""
    names: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return {path for name in names if (path := f"{name.replace('.', '/')}.py") in modules()}
