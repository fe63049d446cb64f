"""A driver with every method its interface demands, written from the interface's own source so that it cannot fall behind."""

import ast
import inspect
from collections.abc import Iterator

_HEAD = '''"""The driver itself. Its interface is documented in `{module}`, and in docs/reference/drivers/{page}.md of the engine."""

{imports}


class {name}({interface}):
    """Not there yet: every method says so."""
'''


def driver_source(interface: type[object], name: str, plugin: str, page: str) -> str:
    """Return a module with the class `name`; its methods raise Unsupported, naming the plugin and the method."""
    module = ast.parse(inspect.getsource(inspect.getmodule(interface) or interface))
    definition = next(node for node in module.body if isinstance(node, ast.ClassDef) and node.name == interface.__name__)
    methods = [_stub(node, plugin) for node in definition.body if _is_abstract(node)]
    body = "\n".join(f"\n{_indented(ast.unparse(method))}" for method in methods)
    used = {node.id for method in methods for node in ast.walk(method) if isinstance(node, ast.Name)}
    head = _HEAD.format(
        name=name,
        module=interface.__module__,
        page=page,
        imports=_import_block(module, interface, used),
        interface=interface.__name__,
    )
    return head + body + "\n"


def _is_abstract(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(
        isinstance(decorator, ast.Name) and decorator.id == "abstractmethod" for decorator in node.decorator_list
    )


def _stub(node: ast.stmt, plugin: str) -> ast.FunctionDef | ast.AsyncFunctionDef:
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    node.decorator_list = [decorator for decorator in node.decorator_list if ast.unparse(decorator) == "property"]
    node.body = ast.parse(f"raise Unsupported({f'{plugin}: {node.name} is not implemented yet'!r})").body
    return node


def _indented(code: str) -> str:
    return "\n".join(f"    {line}" for line in code.replace("'", '"').splitlines())


def _import_block(module: ast.Module, interface: type[object], used: set[str]) -> str:
    lines = sorted({*_imports(module, interface, used), "from sdk.errors import Unsupported"})
    standard = [line for line in lines if not line.startswith("from sdk")]
    ours = [line for line in lines if line.startswith("from sdk")]
    return "\n".join([*standard, *([""] if standard else []), *ours])


def _imports(module: ast.Module, interface: type[object], used: set[str]) -> Iterator[str]:
    """Yield the import lines of the interface's module that the methods need, then the one for what that module defines."""
    for node in module.body:
        if isinstance(node, ast.ImportFrom):
            names = sorted(alias.name for alias in node.names if (alias.asname or alias.name) in used)
            if names:
                yield f"from {node.module} import {', '.join(names)}"
        elif isinstance(node, ast.Import):
            yield from (f"import {alias.name}" for alias in node.names if alias.name in used)
    own = {node.name for node in module.body if isinstance(node, ast.ClassDef)}
    own |= {
        target.id for node in module.body if isinstance(node, ast.Assign) for target in node.targets if isinstance(target, ast.Name)
    }
    yield f"from {interface.__module__} import {', '.join(sorted(own & used | {interface.__name__}, key=str.lower))}"
