"""Who may change what."""

import ast

from tests.architecture.source import modules


def test_what_is_known_of_a_container_is_changed_by_its_owners_alone() -> None:
    """`core/containers/life` has the classes of a live container's parts; their methods alone assign to the parts' fields."""
    writers = [
        f"{path}:{node.lineno}"
        for path, module in modules().items()
        if path.startswith("core/") and not path.startswith("core/containers/life/")
        for node in ast.walk(module)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _is_of_a_live_container(node.value)
    ]
    assert writers == []


def _is_of_a_live_container(value: ast.expr) -> bool:
    """Tell whether an expression is `live`, or begins with it."""
    while isinstance(value, ast.Attribute):
        if value.attr in ("live", "_live"):
            return True
        value = value.value
    return isinstance(value, ast.Name) and value.id == "live"
