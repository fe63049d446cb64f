"""The SDK's public surface: it is printed, and no change of it goes without a line in the changelog."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KNOWN = Path(__file__).with_name("sdk_surface_0_1.txt")
"""The surface as it was first printed; at a release it becomes what that release has."""

_spec = importlib.util.spec_from_file_location("surface", ROOT / "docs/surface.py")
assert _spec is not None
assert _spec.loader is not None
surface = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(surface)


def unmentioned(before: list[str], after: list[str], changelog: str) -> list[str]:
    """Return the lines that came or went and whose names no code in the changelog's newest section has."""
    section = re.split(r"^## ", changelog, flags=re.MULTILINE)[1]
    mentioned = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]*)`", section))))
    gone, new = set(before) - set(after), set(after) - set(before)
    changed = [f"- {line}" for line in before if line in gone] + [f"+ {line}" for line in after if line in new]
    return [line for line in changed if not line[2:].startswith("#") and _last_name(line) not in mentioned]


def _last_name(line: str) -> str:
    return re.split(r"[:(]", line[2:])[0].rpartition(".")[2]


def test_it_is_printed_as_it_is() -> None:
    printed = surface.PAGE.read_text().splitlines()
    changes = sorted(set(printed) ^ set(surface.lines()))
    assert changes == [], "the SDK's surface changed: run python docs/surface.py, and tell of it in CHANGELOG.md"


def test_a_change_has_a_line_in_the_changelog() -> None:
    missing = unmentioned(KNOWN.read_text().splitlines(), surface.lines(), (ROOT / "CHANGELOG.md").read_text())
    assert missing == [], "name these in the newest section of CHANGELOG.md, as code"


BEFORE = ["# floor", "sdk.a.f: (x: int) -> int", "sdk.a.C", "sdk.a.C.m: (self)"]


@pytest.mark.parametrize(
    ("after", "text", "missing"),
    [
        (BEFORE, "", []),
        ([*BEFORE, "sdk.a.g: ()"], "", ["+ sdk.a.g: ()"]),
        ([*BEFORE, "sdk.a.g: ()"], "`sdk.a.g` is new", []),
        ([*BEFORE, "sdk.a.g: ()"], "g is new", ["+ sdk.a.g: ()"]),
        (BEFORE[:-1], "", ["- sdk.a.C.m: (self)"]),
        (["# other", *BEFORE[1:]], "", []),
        ([line.replace("x: int", "x: str") for line in BEFORE], "`f` takes text", []),
    ],
)
def test_what_counts_as_told(after: list[str], text: str, missing: list[str]) -> None:
    assert unmentioned(BEFORE, after, f"# Log\n\n## new\n{text}\n\n## old\n`g` `m`\n") == missing
