"""The project's own source files, parsed."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("core", "plugins", "sdk")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def files() -> tuple[str, ...]:
    """Return the path from the root of every module of the three packages, unread."""
    return tuple(sorted(str(path.relative_to(ROOT)) for package in PACKAGES for path in (ROOT / package).rglob("*.py")))


@cache
def modules() -> dict[str, ast.Module]:
    """Return every module of the three packages by its path from the root; takes seconds the first time."""
    return {path: ast.parse((ROOT / path).read_text()) for path in files()}


def functions() -> Iterator[tuple[str, Function]]:
    """Yield every function with the path and line it is at."""
    for path, module in modules().items():
        for node in ast.walk(module):
            if isinstance(node, Function):
                yield f"{path}:{node.lineno} {node.name}", node


def body_lines(function: Function) -> int:
    """Return a function's length without its docstring."""
    start = function.body[0]
    is_documented = isinstance(start, ast.Expr) and isinstance(start.value, ast.Constant) and isinstance(start.value.value, str)
    documented = (start.end_lineno or start.lineno) - start.lineno + 1 if is_documented else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - documented
