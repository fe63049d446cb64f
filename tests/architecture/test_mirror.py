"""`tests/unit` mirrors the source tree: a module that decides has a file of its own there, or `mirror.toml` says why not.

`core/a/b.py` is tested in `tests/unit/core/a/test_b.py`, and a package's own `core/a/__init__.py` in `tests/unit/core/a/test_init.py`.
"""

import ast
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.architecture.source import ROOT, Function, files, modules

UNIT, WHOLE = "tests/unit", "**"


class Elsewhere(NamedTuple):
    """Modules that are tested elsewhere: by room their names, or `**` for all of the room and of the rooms in it."""

    reason: str
    tested: list[str]
    modules: dict[str, str]

    def paths(self) -> frozenset[str]:
        """Return the modules that this entry excuses; those that it names need not exist."""
        return frozenset(path for room, names in self.modules.items() for path in _of_room(room, names))


def _of_room(room: str, names: str) -> Iterable[str]:
    if names == WHOLE:
        return (str(path.relative_to(ROOT)) for path in (ROOT / room).rglob("*.py"))
    return (f"{room}/{name}.py" for name in names.split())


class Across(NamedTuple):
    """Files in `tests/unit` that test a property of several modules, or of a module that decides nothing."""

    tests: str
    reason: str


@cache
def _elsewhere() -> list[Elsewhere]:
    return [Elsewhere(**entry) for entry in _list()["elsewhere"]]


@cache
def _across() -> list[Across]:
    return [Across(**entry) for entry in _list()["across"]]


@cache
def _list() -> dict[str, Any]:
    return tomllib.loads((ROOT / "tests/architecture/mirror.toml").read_text())


def test_a_module_that_decides_has_a_file_of_its_own_or_a_reason() -> None:
    excused = frozenset().union(*(entry.paths() for entry in _elsewhere()))
    assert sorted(_without_a_file() - excused) == []


def test_a_file_in_unit_mirrors_a_module_or_has_a_reason() -> None:
    mirrors = {_mirror(path) for path in (*files(), "core_engine.py")}
    odd = {str(path.relative_to(ROOT)) for path in (ROOT / UNIT).rglob("test_*.py")} - mirrors
    assert odd == {entry.tests for entry in _across()}


def test_every_entry_is_needed() -> None:
    """A module that was named needs its entry today; of a whole room some module does."""
    without = _without_a_file()
    stale = {
        room: sorted(paths - without)
        for entry in _elsewhere()
        for room, names in entry.modules.items()
        for paths in [frozenset(_of_room(room, names))]
        if not (paths & without if names == WHOLE else paths <= without)
    }
    assert stale == {}


def test_every_entry_has_a_reason_and_names_tests_that_exist() -> None:
    assert [entry for entry in (*_elsewhere(), *_across()) if len(entry.reason) < 20] == []
    assert [path for entry in _elsewhere() for path in entry.tested or ("",) if not _has_tests(ROOT / path)] == []


def test_no_module_has_two_entries() -> None:
    named = [path for entry in _elsewhere() for path in entry.paths()]
    assert sorted({path for path in named if named.count(path) > 1}) == []


@pytest.mark.parametrize(
    ("body", "decides"),
    [
        ("if x: y()", True),
        ("while x: y()", True),
        ("return 1 if x else 2", True),
        ("return x and y", True),
        ("return [y for y in x if y]", True),
        ("try: y()\n except OSError: pass", True),
        ("match x:\n  case 1: y()", True),
        ("return lambda: x or y", True),
        ("for y in x: y()", False),
        ("try: y()\n finally: x()", False),
        ("return [y for y in x]", False),
    ],
)
def test_what_decides_has_a_condition_in_a_function(body: str, decides: bool) -> None:
    assert _decides(ast.parse(f"def f(x):\n {body}")) is decides
    assert _decides(ast.parse("if x: y = 1")) is False


@cache
def _without_a_file() -> frozenset[str]:
    """Return the modules that decide and have no file of their own; generated ones are not looked at."""
    return frozenset(
        path
        for path, module in modules().items()
        if "/proto/" not in path and _decides(module) and not (ROOT / _mirror(path)).is_file()
    )


def _mirror(path: str) -> str:
    """Return where the tests of a module lie."""
    module = Path(path)
    return str(UNIT / module.parent / f"test_{module.stem.strip('_')}.py")


def _decides(module: ast.Module) -> bool:
    """Tell whether a function of it takes one way or another; a loop over what there is, alone, does not."""
    return any(_is_decision(node) for function in ast.walk(module) if isinstance(function, Function) for node in ast.walk(function))


def _is_decision(node: ast.AST) -> bool:
    if isinstance(node, ast.comprehension):
        return bool(node.ifs)
    return isinstance(node, ast.If | ast.IfExp | ast.While | ast.Match | ast.BoolOp | ast.ExceptHandler)


def _has_tests(path: Path) -> bool:
    """Tell whether a path is a test, or a directory with tests in it."""
    return (path.is_file() and path.name.startswith("test_")) or any(path.rglob("test_*.py"))
