"""Writes what a module of the SDK offers, as its source says it: classes, fields, methods, how each is called. Nothing is imported."""

import ast
import inspect
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef
Member = tuple[ast.stmt, str]
"""A statement, and the text that stands below it to document it."""

_YIELDING = ("AsyncIterator", "AsyncGenerator", "AsyncIterable")
_MANAGERS = {
    "asynccontextmanager": "async with",
    "AbstractAsyncContextManager": "async with",
    "contextmanager": "with",
    "AbstractContextManager": "with",
}


def parsed(path: Path) -> ast.Module:
    """Return the source of a module."""
    return ast.parse(path.read_text())


def documented(text: str | None) -> str:
    """Return a docstring, without its indentation, as Markdown: what it indents is code."""
    return inspect.cleandoc(text or "")


def module(source: ast.Module, depth: int) -> Iterator[str]:
    """Yield the sections of a module's public names, in the order of the source, below a heading of `depth` signs."""
    mark, plain = "#" * depth, []
    for node, text in _members(source.body):
        if isinstance(node, ast.ClassDef):
            yield from _class(node, depth)
        elif isinstance(node, Function):
            yield from _function(node, mark, of_class=False)
        else:
            plain.append((node, text))
    if plain:
        yield f"{mark} Constants and types\n\n" + "\n".join(_constant(node, text) for node, text in plain) + "\n"


def _members(body: list[ast.stmt]) -> Iterator[Member]:
    """Yield the public ones of some statements that give a name to something."""
    for node, below in zip(body, [*body[1:], None], strict=False):
        if isinstance(node, ast.ClassDef | Function | ast.AnnAssign | ast.Assign) and not _name(node).startswith(("_", "test_")):
            yield node, _text(below)


def _name(node: ast.stmt) -> str:
    if isinstance(node, ast.ClassDef | Function):
        return node.name
    target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0] if isinstance(node, ast.Assign) else None
    return ast.unparse(target) if target is not None else "_"


def _text(node: ast.stmt | None) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return documented(node.value.value)
    return ""


def _class(node: ast.ClassDef, depth: int) -> Iterator[str]:
    mark, members = "#" * depth, list(_members(node.body))
    bases = ", ".join(map(ast.unparse, node.bases))
    yield f"{mark} `{node.name}({bases})`\n" if bases else f"{mark} `{node.name}`\n"
    if text := documented(ast.get_docstring(node)):
        yield f"{text}\n"
    if rows := [_row(member, text) for member, text in members if isinstance(member, ast.AnnAssign)]:
        yield _table(("field", "type", "default", ""), rows)
    if rows := [_value(member, text) for member, text in members if isinstance(member, ast.Assign)]:
        yield _table(("name", "value", ""), rows)
    for function in (each for each in node.body if isinstance(each, Function) and each.name == "__init__"):
        yield f"Made by `{node.name}({_arguments(function)})`.\n"
    for member, _ in members:
        if isinstance(member, Function):
            yield from _function(member, f"{mark}#", of_class=True, overrides=_implements(node))
    yield from _cases(node)


_PLAIN = frozenset({"ABC", "Protocol", "Generic", "Struct", "NamedTuple", "Enum", "IntEnum", "StrEnum", "BaseModel", "Exception"})
"""Bases that say nothing of a class' methods."""


def _implements(node: ast.ClassDef) -> bool:
    """Tell whether a class keeps an interface that is told elsewhere: of its bases, or of those that its docstring names."""
    return any(ast.unparse(base).partition("[")[0] not in _PLAIN for base in node.bases) or bool(
        re.search(r"([Ss]ee|Implements) `sdk\.", ast.get_docstring(node) or "")
    )


def _row(node: ast.AnnAssign, text: str) -> tuple[str, ...]:
    return (
        f"`{_name(node)}`",
        _code(ast.unparse(node.annotation)),
        _default(node.value),
        text.replace("|", "\\|") or _unit(_name(node)),
    )


def _value(node: ast.Assign, text: str) -> tuple[str, ...]:
    return (f"`{_name(node)}`", _code(ast.unparse(node.value)), text)


_UNITS = {
    r".*_ns": "nanoseconds",
    r"(.*_)?size|.*_bytes|memory(_limit|_reservation|_total)?": "bytes",
    r"memory_swap": "bytes of memory and swap together; -1 is no limit",
    r"memory_swappiness": "0 to 100",
    r"nano_cpus": "billionths of a CPU",
    r"cpu_(realtime_)?(period|quota|runtime)": "microseconds",
    r"cpu_shares": "relative to other containers, 1024 each",
    r"blkio_weight|weight": "10 to 1000",
    r"oom_score_adj": "-1000 to 1000",
    r"pid": "process ID",
    r"uid|gid": "ID of user or group",
    r"major|minor": "number of a device",
    r"(host_|container_)?port": "number of a port",
    r"rows|columns|height|width": "characters",
    r"exit_code": "0 to 255",
    r"ipv[46]_prefix": "bits",
    r"stop_timeout": "seconds",
}
"""What a number is, by the whole name of its field."""


def _unit(name: str) -> str:
    return next((unit for names, unit in _UNITS.items() if re.fullmatch(names, name)), "")


def _default(value: ast.expr | None) -> str:
    """Return the default of a field as code; nothing for a field that has to be given."""
    if isinstance(value, ast.Call) and ast.unparse(value.func) in {"field", "Field"}:
        given = {keyword.arg: keyword.value for keyword in value.keywords}
        factory = given.get("default_factory")
        if factory is not None:
            return _code(ast.unparse(factory.body) if isinstance(factory, ast.Lambda) else f"{ast.unparse(factory)}()")
        value = value.args[0] if value.args else given.get("default")
    return "" if value is None else _code(ast.unparse(value))


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(cell.replace("\n", " ") for cell in row) + " |" for row in rows]
    return "\n".join(["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads), *lines]) + "\n"


def _constant(node: ast.stmt, text: str) -> str:
    return f"- `{ast.unparse(node)}`" + (f": {text}".replace("\n", "\n  ") if text else "")


def _function(node: Function, mark: str, *, of_class: bool, overrides: bool = False) -> Iterator[str]:
    """Yield a function's section: its heading is the call as it is written, then how it is called and by when it has to answer."""
    decorators = [ast.unparse(each) for each in node.decorator_list]
    is_property = any(each.split("(")[0].endswith("property") for each in decorators)
    returned = ast.unparse(node.returns) if node.returns else ""
    if is_property:
        yield f"{mark} `{node.name}: {returned}`\n"
    else:
        begin = "async " if isinstance(node, ast.AsyncFunctionDef) and not _is_generator(node) else ""
        yield f"{mark} `{begin}{node.name}({_arguments(node)}) -> {returned}`\n"
    if text := documented(ast.get_docstring(node)):
        yield f"{text}\n"
    elif overrides:
        yield "As its interface says.\n"
    notes = [*_how(node, decorators, returned, is_property), *_duty(decorators, of_class=of_class), *_deadline(decorators)]
    if notes:
        yield f"*{' '.join(notes)}*\n"


def _arguments(node: Function) -> str:
    written = re.sub(r"(: [^,=]*(?:\[[^]]*\])?[^,=]*)=(?=\S)", r"\1 = ", ast.unparse(node.args))
    return re.sub(r"^(self|cls)(, )?(/, )?", "", written)


def _is_generator(node: Function) -> bool:
    return any(isinstance(each, ast.Yield) for each in ast.walk(node))


def _how(node: Function, decorators: list[str], returned: str, is_property: bool) -> Iterator[str]:
    """Yield how it is called, where the heading does not say it."""
    manager = next((_MANAGERS[word] for word in (*decorators, returned.partition("[")[0]) if word in _MANAGERS), None)
    if any(each.startswith("pytest.fixture") for each in decorators):
        yield "A fixture."
    elif is_property:
        yield "A property."
    elif manager:
        yield f"Used by `{manager}`."
    elif returned.startswith(_YIELDING) and (isinstance(node, ast.FunctionDef) or _is_generator(node)):
        yield "Not awaited: used by `async for`."
    if "classmethod" in decorators:
        yield "A class method."


def _duty(decorators: list[str], *, of_class: bool) -> Iterator[str]:
    if of_class and "abstractmethod" in decorators:
        yield "It has to be written."


def _deadline(decorators: list[str]) -> Iterator[str]:
    for each in decorators:
        if match := re.fullmatch(r"deadline\(([0-9.]+)(, idempotent=True)?\)", each):
            yield f"The engine waits {match[1]} s for the answer."
            if match[2]:
                yield "It may be called again where it is not known whether it was done."


def _cases(node: ast.ClassDef) -> Iterator[str]:
    """Yield the cases of a contract: their names read as what is demanded."""
    cases = [each for each in node.body if isinstance(each, Function) and each.name.startswith("test_")]
    if cases:
        yield "Cases:\n\n" + "\n".join(_case(each) for each in cases) + "\n"


def _case(node: Function) -> str:
    text = documented(ast.get_docstring(node)).replace("\n", " ")
    return f"- `{node.name}`" + (f": {text}" if text else "")
