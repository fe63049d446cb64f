"""Small functions, small files: what a reader can hold in mind."""

from statistics import median, quantiles

from tests.architecture.source import ROOT, Function, body_lines, files, functions

FILE_LINES = 325
LONG = {
    "core/volumes/catalog.py": "every method keeps records, claims and drivers in step; its parts would share all three",
    "sdk/engine/containers.py": "what a frontend may ask about containers, which its author reads as one page",
}
"""Longer files, and why; the contract suites, too, read as one specification each."""

FUNCTION_LINES = 60
PARAMETERS = 6
WIDE = {
    "core/archives/header_writing.py _member": "the fields of a tar header, once a file: a record would cost more than the header",
    "core/containers/process/spec.py exec_process": "the fields of a process that differ from the container's own",
    "plugins/builder_dockerfile/progress.py change": "the fields of a vertex that change while it is worked on",
    "plugins/registry_hub/downloads.py __init__": "a transfer: from where, what, as whom, from which byte on, and how long to try",
    "sdk/linux/mount.py mount_setattr": "the fields of struct mount_attr",
    "sdk/shim/plan.py call": "the fields of an instruction of the shim",
    "sdk/testing/distribution.py serve_registry": "how the registry is configured; a test gives one or two",
}
"""Functions with more parameters than that, and why a value of its own for them would say less."""


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
    assert {path for path, length in lengths.items() if length > FILE_LINES and "/contracts/" not in path} == LONG.keys()


def test_functions_take_few_parameters() -> None:
    """But for a command's flags and a route's query, which are parameters because typer and FastAPI read them there."""
    wide = {
        where.partition(":")[0] + " " + function.name
        for where, function in functions()
        if not where.startswith(("core/cli/client/commands/", "plugins/api_docker/routes/")) and _parameters(function) > PARAMETERS
    }
    assert wide == WIDE.keys()


def _parameters(function: Function) -> int:
    asked = function.args
    names = [each.arg for each in (*asked.posonlyargs, *asked.args, *asked.kwonlyargs)]
    return len([name for name in names if name not in ("self", "cls")])
