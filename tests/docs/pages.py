"""What the guides under docs/how-to tell a reader to type and to write, read from the pages themselves."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
PAGES = sorted(path.stem for path in HOW_TO.glob("*.md") if path.stem != "README")

_COMMAND = re.compile(r"(?:\$ )?((?:[A-Z_]+=\S+ )*(?:core|docker|systemctl|skopeo|make|export) .*)")
_SETTING = re.compile(r'\[[\w.]+\]|("[^"]+"|[\w-]+)(\.("[^"]+"|[\w-]+))* = ')


def blocks(page: str | Path) -> Iterator[str]:
    """Yield the blocks of code of a page, a file or the name of a guide, without their indentation: indented ones, and those between fences
    that are not Python."""
    text = re.sub(r"^```python\n.*?^```$", "", (HOW_TO / page).with_suffix(".md").read_text(), flags=re.DOTALL | re.MULTILINE)
    found: list[str] = []
    for line in [*text.splitlines(), "end"]:
        is_code = re.match(r" {4,}\S", line) or (not line and found)
        if is_code:
            found.append(line)
        elif found:
            depth = min(len(each) - len(each.lstrip()) for each in found if each)
            yield "\n".join(each[depth:] for each in found).strip()
            found = []


def settings(page: str | Path) -> Iterator[str]:
    """Yield the blocks that are pieces of core.toml."""
    for block in blocks(page):
        lines = [line for line in block.splitlines() if line and not line.startswith(("#", "$"))]
        written = [line for line in lines if not re.match(r"(\$|Error response)", line)]
        if written and all(_SETTING.match(line) for line in written):
            yield "\n".join(line for line in block.splitlines() if line in written)


def commands(page: str) -> list[str]:
    """Return the lines that are commands, with those they are continued by, without remarks."""
    lines = (line for block in blocks(page) for line in block.replace("\\\n", " ").splitlines())
    found = (match[1] for line in lines if (match := _COMMAND.match(line)))
    return [re.sub(r"\s+", " ", re.sub(r"\s{2,}#.*| # .*", "", command)).strip() for command in found]


def substituted(text: str, places: Mapping[str, str]) -> str:
    """Return a text with names of the guide's machine in place of which the test has its own."""
    for theirs, ours in places.items():
        text = text.replace(theirs, ours)
    return text
