"""Small functions, small files: what a reader can hold in mind."""

from statistics import median, quantiles

from tests.architecture.source import ROOT, body_lines, files, functions

FILE_LINES = 400  # but for the contract suites, which read as one specification
FUNCTION_LINES = 60


def _p95(values: list[int]) -> float:
    return quantiles(values, n=20)[-1]


def test_functions_are_small() -> None:
    lengths = [body_lines(function) for _where, function in functions()]
    assert median(lengths) <= 8
    assert _p95(lengths) <= 30


def test_no_function_is_huge() -> None:
    assert [where for where, function in functions() if body_lines(function) > FUNCTION_LINES] == []


def test_files_are_small() -> None:
    lengths = {path: len((ROOT / path).read_text().splitlines()) for path in files()}
    assert _p95(list(lengths.values())) <= 300
    assert {path: length for path, length in lengths.items() if length > FILE_LINES and "/contracts/" not in path} == {}
