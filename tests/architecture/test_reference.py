"""The reference pages are what the code says."""

import re
import subprocess
import sys
from pathlib import Path

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
