"""Names say what a thing is; these say nothing."""

from pathlib import Path

from tests.architecture.source import ROOT, modules

EMPTY_WORDS = {"utils", "util", "helpers", "helper", "manager", "base", "misc", "common"}


def test_no_file_has_an_empty_name() -> None:
    assert [path for path in modules() if EMPTY_WORDS & set(Path(path).with_suffix("").parts)] == []


def test_unit_tests_lie_where_their_source_lies() -> None:
    tests = [path.parent.relative_to(ROOT / "tests/unit") for path in (ROOT / "tests/unit").rglob("test_*.py")]
    assert sorted({str(path) for path in tests if not (ROOT / path).is_dir()}) == []


def test_every_module_says_what_it_is() -> None:
    import ast

    assert [path for path, module in modules().items() if module.body and not ast.get_docstring(module)] == []
