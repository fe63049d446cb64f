"""Prints the SDK's public surface: every name that a plugin's author may use, a line each. `python docs/surface.py` writes
docs/reference/sdk-surface.txt; a test compares it with the code, and its changes with the changelog.

Read from the source alone: nothing is imported.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "sdk-surface.txt"

FLOORS = (
    "the contract: what an author must read",
    "the kit: what an author may use",
    "testing: contract suites, fakes and fixtures",
)
"""What the floors of the SDK are: each may use those above it in this list, never those below."""

NO_SURFACE = frozenset({"scaffold", "isolation", "isolated"})
"""What only `core plugin new` uses, and what only the daemon and its plugins' processes do."""


def floors() -> dict[str, list[str]]:
    """Return the rooms of each floor, as import-linter holds them: its list in pyproject.toml begins at the top and leaves out none."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract.get("containers") == ["sdk"])
    rooms = [[room for room in re.findall(r"\w+", layer) if room not in NO_SURFACE] for layer in reversed(layers)]
    return dict(zip(FLOORS, filter(None, rooms), strict=True))


def lines() -> list[str]:
    """Return the surface: floor by floor, module by module, name by name."""
    found = []
    for floor, rooms in floors().items():
        found += ["", f"# {floor}"]
        for path in sorted(path for room in rooms for path in sources(room)):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            found += sorted(_of_module(ast.parse(path.read_text()), module))
    return found[1:]


def sources(room: str) -> Iterator[Path]:
    """Yield the public modules of a room of the SDK, or the one that it is."""
    place = ROOT / "sdk" / room
    found = place.rglob("*.py") if place.is_dir() else [place.with_suffix(".py")]
    yield from (path for path in found if not any(part.startswith("_") and part != "__init__.py" for part in path.parts))


def _of_module(module: ast.Module, name: str) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            bases = ", ".join(map(ast.unparse, node.bases))
            yield f"{name}.{node.name}({bases})" if bases else f"{name}.{node.name}"
            yield from _of_class(node, f"{name}.{node.name}")
        else:
            yield from _plain(node, name)


def _of_class(node: ast.ClassDef, name: str) -> Iterator[str]:
    for member in node.body:
        yield from _plain(member, name)


def _plain(node: ast.stmt, name: str) -> Iterator[str]:
    """Yield a function, a field or a constant. Cases of a contract are no part of the surface: there may always be more."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        if not node.name.startswith(("_", "test_")):
            begin = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
            returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
            yield f"{name}.{node.name}: {begin}({ast.unparse(node.args)}){returns}"
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and not node.target.id.startswith("_"):
        default = f" = {ast.unparse(node.value)}" if node.value else ""
        yield f"{name}.{node.target.id}: {ast.unparse(node.annotation)}{default}"
    elif isinstance(node, ast.Assign):
        yield from (
            f"{name}.{target.id}" for target in node.targets if isinstance(target, ast.Name) and not target.id.startswith("_")
        )


if __name__ == "__main__":
    PAGE.write_text("\n".join(lines()) + "\n")
