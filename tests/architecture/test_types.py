"""No `Any`: not in the plugin contract, not inside. The hook specifications alone name it, for pluggy, under TYPE_CHECKING."""

import ast

from tests.architecture.source import functions, modules

ALLOWED = {"sdk/hookspecs.py"}


def test_nothing_is_any() -> None:
    found = [
        path for path, module in modules().items() for node in ast.walk(module) if isinstance(node, ast.Name) and node.id == "Any"
    ]
    assert sorted(set(found) - ALLOWED) == []


def test_every_function_is_annotated() -> None:
    assert [where for where, function in functions() if function.returns is None] == []
