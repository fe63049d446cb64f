"""What a context manager does after its `yield` is done however the block ends: it stands in a `finally`, and is shielded where it awaits.

The daemon stops by cancellation: in a cancelled task what follows a bare `yield` is skipped, and an unshielded `await` does nothing.
"""

import ast
from collections.abc import Iterator, Sequence

from tests.architecture.source import Function, functions

FOR_A_SUCCESS = {
    "core/cli/demo/playbill.py step": "only a step that succeeded is told with its time",
    "core/volumes/catalog.py filling": "a failure is undone in its `except BaseException`",
    "sdk/storage/snapshots.py making": "a failure is undone in its `except BaseException`",
    "plugins/api_buildkit/offers.py _forwarding": "an exception that was put aside is raised again, from outside the task group",
    "plugins/builder_dockerfile/progress.py step": "a failure is told in its `except`",
}
"""Managers whose last statements are for a block that succeeded, with the reason."""

CANCELLED_AGAIN = {
    "plugins/api_buildkit/solve/once.py cancelled_once": "what it waits for is cancelled, and tidies up behind shields"
}


def _name(place: str) -> str:
    path, function = place.split(" ")
    return f"{path.rpartition(':')[0]} {function}"


def _managers() -> Iterator[tuple[str, Function]]:
    for place, function in functions():
        decorators = {ast.unparse(decorator).split(".")[-1] for decorator in function.decorator_list}
        if decorators & {"contextmanager", "asynccontextmanager"}:
            yield _name(place), function


def _skips(block: Sequence[ast.stmt], *, followed: bool) -> bool:
    """Say whether an exception that a `yield` of this block raises skips statements of this function."""
    for position, statement in enumerate(block):
        after = block[position + 1 :]
        more = not _returns(after) if after else followed
        if isinstance(statement, ast.Expr | ast.Assign) and isinstance(statement.value, ast.Yield) and more:
            return True
        if any(_skips(inner, followed=more) for inner in _inner_blocks(statement)):
            return True
    return False


def _returns(statements: Sequence[ast.stmt]) -> bool:
    return isinstance(statements[0], ast.Return) and statements[0].value is None


def _inner_blocks(statement: ast.stmt) -> Iterator[Sequence[ast.stmt]]:
    if not isinstance(statement, Function | ast.ClassDef):
        yield from (block for name in ("body", "orelse") if (block := getattr(statement, name, None)))


def _shields(node: ast.AST) -> bool:
    return isinstance(node, ast.With) and any("shield=True" in ast.unparse(item) for item in node.items)


def _awaits(nodes: Sequence[ast.AST]) -> bool:
    return any(
        isinstance(node, ast.Await | ast.AsyncWith | ast.AsyncFor)
        or (not _shields(node) and _awaits(list(ast.iter_child_nodes(node))))
        for node in nodes
    )


def _last_blocks(function: Function) -> Iterator[Sequence[ast.stmt]]:
    """Yield what a function does at an end by cancellation: each `finally`, and each handler of every exception."""
    for node in ast.walk(function):
        if isinstance(node, ast.Try):
            yield node.finalbody
            yield from (handler.body for handler in node.handlers if _is_of_all(handler))


def _is_of_all(handler: ast.ExceptHandler) -> bool:
    caught = ast.unparse(handler.type) if handler.type else "BaseException"
    return "BaseException" in caught or "Cancelled" in caught


def test_nothing_stands_behind_a_bare_yield() -> None:
    skipping = {name for name, function in _managers() if _skips(function.body, followed=False)}
    assert skipping == FOR_A_SUCCESS.keys()


def test_what_is_awaited_at_the_end_is_shielded() -> None:
    unshielded = {_name(place) for place, function in functions() if any(map(_awaits, _last_blocks(function)))}
    assert {name for name in unshielded if not name.startswith("sdk/testing/")} == CANCELLED_AGAIN.keys()
