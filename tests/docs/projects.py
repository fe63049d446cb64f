"""The plugin that an author's guide describes, written as its reader writes it: the scaffold, then the blocks of code of the page.

A block below a line that is a path (`core_x/driver.py`:) is that file. One below a sentence that names a path (In `core_x/plugin.py` ...:) has functions
and values, which replace those of the same names, and further imports.
"""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from sdk.providers import Kind
from sdk.scaffold import plugin_name, render
from tests.docs.pages import HOW_TO
from tests.plugins.installing import announce

GUIDES = {
    Kind.AUTHORIZER: HOW_TO / "write-an-authorizer.md",
    Kind.BUILDER: HOW_TO / "write-a-builder.md",
    Kind.FRONTEND: HOW_TO / "write-a-frontend.md",
    Kind.LOG: HOW_TO / "write-a-log-driver.md",
    Kind.NETWORK: HOW_TO / "write-a-network-driver.md",
    Kind.REGISTRY: HOW_TO / "write-a-registry-backend.md",
    Kind.RUNTIME: HOW_TO / "write-a-runtime.md",
    Kind.STORAGE: HOW_TO.parent / "tutorial/storage-driver.md",
    Kind.VERIFIER: HOW_TO / "write-a-verifier.md",
    Kind.VOLUME: HOW_TO / "write-a-volume-driver.md",
}
"""The guide of each kind of driver; tests/docs/test_author_guides.py follows them all."""

AUTHORS_PAGES = {page.stem for page in GUIDES.values()}
"""What the other tests of guides leave to it."""

_BLOCK = re.compile(r"^([^\n]*`([\w/]+\.py)`[^\n]*:)\n\n```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_NEW = re.compile(r"core plugin new (\w+) ([\w-]+)")


@dataclass(frozen=True, slots=True)
class Project:
    """A plugin's project: where it is, its plugin's name, and how long its driver's file is."""

    root: Path
    plugin: str
    driver_lines: int


def write_project(page: Path, target: Path) -> Project:
    """Write the project of a guide, and announce it as an installed plugin."""
    text = page.read_text()
    made = _NEW.search(text)
    assert made, page
    kind, name = made.groups()
    render(Kind(kind), name, target)
    plugin = plugin_name(Kind(kind), name)
    found = list(_BLOCK.finditer(text))
    assert found, page
    for sentence, path, code in (match.groups() for match in found):
        file = target / path
        if sentence == f"`{path}`:":
            assert file.parent.is_dir(), path
            file.write_text(code)
        else:
            file.write_text(_replaced(file.read_text(), code))
    announce(target, f"core-{kind}-{name}", plugin, f"core_{plugin}.plugin")
    driver = target / f"core_{plugin}/driver.py"
    return Project(target, plugin, len(driver.read_text().splitlines()))


def _replaced(text: str, block: str) -> str:
    """Return a module with what a block has in place of what the module calls the same, wherever that stands, and the block's imports."""
    lines, imports = text.splitlines(), list[str]()
    for node in ast.parse(block).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports.append(ast.unparse(node))
            continue
        first, last, column = _place("\n".join(lines), node)
        new = block.splitlines()[_begin(node) - 1 : node.end_lineno]
        lines[first - 1 : last] = [" " * column + line if line else line for line in new]
    after = ast.parse(text).body[0].end_lineno or 0
    return "\n".join([*lines[:after], *imports, *lines[after:]]) + "\n"


def _place(text: str, new: ast.stmt) -> tuple[int, int, int]:
    """Return the lines that something new is to have, decorators included, and how far they are indented: those of what is called the same.

    A new method goes to the end of the last class, a new function to the end of the module.
    """
    module, name = ast.parse(text), _name(new)
    found = [node for node in ast.walk(module) if isinstance(node, ast.stmt) and _name(node) == name]
    assert len(found) <= 1, f"{name} is there {len(found)} times"
    if found:
        return _begin(found[0]), found[0].end_lineno or 0, found[0].col_offset
    assert isinstance(new, ast.FunctionDef | ast.AsyncFunctionDef), f"{name} is to be replaced, and is not there"
    if not new.args.args or new.args.args[0].arg != "self":
        return len(text.splitlines()) + 1, len(text.splitlines()), 0
    end = [node.end_lineno or 0 for node in module.body if isinstance(node, ast.ClassDef)][-1]
    return end + 1, end, 4


def _name(node: ast.stmt) -> str:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return node.name
    return ast.unparse(node.targets[0]) if isinstance(node, ast.Assign) else ""


def _begin(node: ast.stmt) -> int:
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else []
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])
