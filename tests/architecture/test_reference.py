"""The reference pages are what the code says."""

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from core.config import Settings

ROOT = Path(__file__).parents[2]


def test_the_pages_are_up_to_date() -> None:
    done = subprocess.run([sys.executable, ROOT / "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_route_in_the_source_is_on_the_page_of_the_api() -> None:
    """Read from the text of the routes, so that a generator that finds none does not agree with itself."""
    page = (ROOT / "docs/reference/docker-api.md").read_text()
    found = 0
    for source in (ROOT / "plugins/api_docker/routes").glob("*.py"):
        text = source.read_text()
        prefix = next(iter(re.findall(r'APIRouter\(prefix="([^"]*)"', text)), "")
        for method, path in re.findall(r'^@router\.(\w+)\("([^"]*)"', text, re.MULTILINE):
            found += 1
            assert f"| {method.upper()} | `{prefix}{path.replace(':path', '')}` |" in page, (source.name, method, path)
    assert found > 0


def test_every_page_of_the_documentation_is_linked() -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        if page.name == "README.md":
            continue
        indexes = [parent / "README.md" for parent in page.parents if (parent / "README.md").exists()]
        assert any(str(page.relative_to(index.parent)) in index.read_text() for index in indexes), page


def test_every_table_of_the_configuration_is_on_the_page_of_settings() -> None:
    """A table is a setting that is a model, or has one for each name."""
    hints = {name: field.annotation for name, field in Settings.model_fields.items()}
    tables = [name for name, hint in hints.items() for part in (hint, *get_args(hint)) if _is_model(part)]
    assert {"drivers", "gc", "containers"} <= set(tables)
    page = (ROOT / "docs/reference/settings.md").read_text()
    assert [name for name in tables if not re.search(rf"^## `\[{name}(\.NAME)?\]`$", page, re.MULTILINE)] == []


def test_every_setting_is_told_of() -> None:
    rows = re.findall(r"^\| `(\w+)` \|.*\|(.*)\|$", (ROOT / "docs/reference/settings.md").read_text(), re.MULTILINE)
    assert len(rows) > 100
    assert [name for name, text in rows if not text.strip()] == []


def _is_model(hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, BaseModel)


SDK_PAGES = [
    *(ROOT / "docs/reference/drivers").glob("*.md"),
    *(ROOT / "docs/reference/sdk").glob("*.md"),
    ROOT / "docs/reference/hooks.md",
]
"""The pages that tell of the SDK, and the page of errors."""


def _told() -> set[str]:
    """Return what the pages have as a section, a row of a table or a line of a list, by its full name."""
    found = set()
    for page in [*SDK_PAGES, ROOT / "docs/reference/errors.md"]:
        place, owner = "", ""
        for line in page.read_text().splitlines():
            if match := re.match(r"## `(sdk\.[\w.]+)`$|`(sdk\.\w+(?:\.\w+)?)`\. ", line):
                place, owner = match[1] or match[2], ""
            elif match := re.match(r"(#+) `(?:async )?(\w+)(.*)`$", line):
                is_member = len(match[1]) == (3 if page.parent.name == "drivers" else 4)
                owner = owner if is_member else match[2]
                found.add(f"{place}.{owner}.{match[2]}" if is_member else f"{place}.{match[2]}")
            elif line.startswith("#"):
                owner = ""
            elif match := re.match(r"(?:\||-) `(\w+)", line):
                found.add(f"{place}.{owner}.{match[1]}" if owner else f"{place}.{match[1]}")
    return found


def test_every_public_name_of_the_sdk_is_on_a_page() -> None:
    """Against the list that docs/surface.py writes: it reads the source in a way of its own."""
    surface = (ROOT / "docs/reference/sdk-surface.txt").read_text().splitlines()
    names = {re.split(r"[:(]", line)[0] for line in surface if line and not line.startswith("#")}
    assert len(names) > 1000
    assert sorted(names - _told()) == []


def test_no_page_of_the_sdk_is_left_over() -> None:
    """A page whose modules are gone is written no more, and lies there."""
    index = (ROOT / "docs/reference/README.md").read_text()
    assert [page.name for page in SDK_PAGES if f"{page.relative_to(ROOT / 'docs/reference')})" not in index] == []


def test_it_is_told_what_each_number_counts() -> None:
    """Bytes, nanoseconds, processes: in the row of its field, or by name in what is said of its class."""
    silent = []
    for page in SDK_PAGES:
        prose = ""
        for line in page.read_text().splitlines():
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if line.startswith("#"):
                prose = line
            elif len(cells) == 4 and re.match(r"`(int|float)\b", cells[1]):
                silent += [] if cells[3] or cells[0] in prose else [(page.name, prose.splitlines()[0], cells[0])]
            elif not cells:
                prose += f"\n{line}"
    assert silent == []


def test_it_is_told_what_each_class_and_call_is_for() -> None:
    """Beside those that are their interface's, and the fixtures and cases of contracts."""
    text = "\n".join(page.read_text() for page in SDK_PAGES)
    sections = re.split(r"^#+ ", text, flags=re.MULTILINE)
    silent = [section.splitlines()[0] for section in sections if section.startswith("`") and not _says_something(section)]
    assert silent == []


def _says_something(section: str) -> bool:
    lines = section.splitlines()[1:]
    return any(line and not line.startswith(("| ", "|-", "*", "Made by")) for line in lines) or "*A fixture" in section


@pytest.mark.parametrize(
    ("page", "heading", "how"),
    [
        ("drivers/storage.md", "### `async stage(key: str) -> Path`", "It has to be written. The engine waits 30 s"),
        ("drivers/storage.md", "### `async status() -> Mapping[str, str]`", "The engine waits"),
        ("drivers/logs.md", "### `write(", "It has to be written."),
        ("drivers/logs.md", "### `read(", "Not awaited: used by `async for`."),
        ("drivers/logs.md", "### `path: Path | None`", "A property."),
        ("drivers/runtime.md", "### `out_of_memory(", "Not awaited: used by `async for`."),
        ("drivers/registry.md", "### `fetch(", "Used by `async with`."),
        ("sdk/testing.md", "### `private_network(", "Used by `with`."),
    ],
)
def test_it_is_told_how_a_method_is_called(page: str, heading: str, how: str) -> None:
    _, found, rest = (ROOT / "docs/reference" / page).read_text().partition(f"\n{heading}")
    assert found
    assert f"*{how}" in rest.partition("\n#")[0]


@pytest.mark.parametrize("page", sorted((ROOT / "docs/reference/drivers").glob("*.md")), ids=lambda page: page.stem)
def test_each_kind_of_driver_is_told_where_its_methods_run(page: Path) -> None:
    text = page.read_text()
    assert "On the daemon's event loop" in text
    assert "belongs in a thread" in text


def test_every_link_of_the_documentation_leads_somewhere() -> None:
    """To a file, and to a heading of it where it names one."""
    broken = []
    for page in [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(), flags=re.DOTALL)
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            place, _, anchor = link.partition("#")
            target = page.parent / place if place else page
            if "://" not in link and (not target.exists() or (anchor and anchor not in _anchors(target))):
                broken.append((str(page.relative_to(ROOT)), link))
    assert broken == []


def _anchors(page: Path) -> set[str]:
    """Return what the headings of a page are reached by, as the usual viewers of Markdown make it."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
