"""The walk of a run names files and functions as they are."""

import ast
import re

import pytest

from tests.architecture.source import ROOT, modules

PAGE = "docs/explanation/walk-of-a-run.md"
_REFERENCE = re.compile(r"`((?:core|plugins|sdk)/[\w/]+(?:\.py|/)):?([\w.]*)`")


def _references() -> list[tuple[str, str]]:
    return _REFERENCE.findall((ROOT / PAGE).read_text())


def _defined(body: list[ast.stmt], names: list[str]) -> bool:
    """Tell whether a function or class, or a member of a class, is defined there."""
    if not names:
        return True
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return any(isinstance(each, kinds) and each.name == names[0] and _defined(each.body, names[1:]) for each in body)


def test_the_page_names_many() -> None:
    assert len(_references()) > 40


@pytest.mark.parametrize(("path", "name"), _references())
def test_what_the_page_names_is_there(path: str, name: str) -> None:
    assert (ROOT / path).exists()
    assert path.endswith("/") or _defined(modules()[path].body, name.split(".") if name else [])
