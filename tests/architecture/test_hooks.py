"""Every hook is documented with its exact signature, tested by name, and called without regard to order."""

import inspect
import re

import pytest

from sdk import hookspecs
from tests.architecture.source import ROOT, files

HOOKS = {name: hook for name, hook in vars(hookspecs).items() if hasattr(hook, "core_spec")}


def test_there_are_few() -> None:
    assert 8 < len(HOOKS) <= 16


@pytest.mark.parametrize("name", HOOKS)
def test_it_is_documented_with_its_signature(name: str) -> None:
    page = (ROOT / "docs/reference/hooks.md").read_text()
    (heading,) = re.findall(rf"^#+ `{name}\((.*?)\)", page, re.MULTILINE)
    arguments = [argument.partition(":")[0] for argument in heading.split(", ") if argument]
    assert arguments == list(inspect.signature(HOOKS[name]).parameters)
    assert inspect.getdoc(HOOKS[name])


@pytest.mark.parametrize("name", HOOKS)
def test_it_is_tested_by_name(name: str) -> None:
    tests = "".join(path.read_text() for path in (ROOT / "tests/unit/core/kernel").glob("*.py"))
    assert f"def {name}(" in tests or f'"{name}"' in tests


@pytest.mark.parametrize("name", HOOKS)
def test_the_kernel_has_a_method_that_calls_it(name: str) -> None:
    assert f"hook.{name}" in (ROOT / "core/kernel/hooks.py").read_text()


def test_they_are_plain() -> None:
    assert [name for name, hook in HOOKS.items() if inspect.iscoroutinefunction(hook)] == []


def test_nobody_asks_for_an_order() -> None:
    sources = {path: (ROOT / path).read_text() for path in files()}
    assert [path for path, text in sources.items() if "tryfirst" in text or "trylast" in text] == []
