"""The reference pages are what the code says."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_pages_are_up_to_date() -> None:
    done = subprocess.run([sys.executable, ROOT / "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_page_of_the_documentation_is_linked() -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        if page.name == "README.md":
            continue
        indexes = [parent / "README.md" for parent in page.parents if (parent / "README.md").exists()]
        assert any(str(page.relative_to(index.parent)) in index.read_text() for index in indexes), page
