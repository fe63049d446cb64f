"""RUN: what is run, with which variables, and what of it makes a difference."""

import pytest

from sdk.builder import StepProcess
from tests.unit.plugins.builder_dockerfile.conftest import Paper

pytestmark = pytest.mark.privileged


def ran(paper: Paper, lines: str, **request: object) -> StepProcess:
    """Build some lines, of which the process refuses to run, and return that."""
    paper.processes.clear()
    paper.failure(f"FROM base\n{lines}\n", **request)
    return paper.processes[-1]


SHELL = ("/bin/sh", "-c")


@pytest.mark.parametrize(
    ("lines", "args"),
    [
        ("RUN a  b", (*SHELL, "a  b")),
        ("RUN a \\\n  b", (*SHELL, "a   b")),
        ('RUN ["a", "b c"]', ("a", "b c")),
        ("RUN []", ("/bin/sh",)),
        ('SHELL ["bash", "-e"]\nRUN a', ("bash", "-e", "a")),
        ("RUN <<E\na\nb\nE", (*SHELL, "a\nb\n")),
        ("RUN <<'E'\n$x\nE", (*SHELL, "$x\n")),
        ("RUN <<-E\n\ta\n\tE", (*SHELL, "a\n")),
        ("RUN cat <<A\n1\nA", (*SHELL, "cat <<A\n1\nA\n")),
        ("RUN <<A <<B\n1\nA\n2\nB", (*SHELL, "<<A <<B\n1\nA\n2\nB\n")),
        ("RUN $x", (*SHELL, "$x")),
    ],
)
def test_arguments(paper: Paper, lines: str, args: tuple[str, ...]) -> None:
    assert ran(paper, lines).args == args


def test_a_script_with_an_interpreter_of_its_own_is_a_file(paper: Paper) -> None:
    process = ran(paper, "RUN <<E\n#!/bin/python\nprint()\nE")
    (script,) = process.mounts
    assert process.args == ("/dev/pipes/E",)
    assert (script.target, script.mode, script.content) == ("/dev/pipes/E", 0o755, b"#!/bin/python\nprint()\n")


def test_bytes_that_are_not_utf8_reach_a_script_as_they_are_and_an_argument_as_docker_has_them(paper: Paper) -> None:
    paper.failure(b"FROM base\nRUN <<E\n#!/bin/x\n\xe9\nE\n")
    assert paper.processes[-1].mounts[0].content == b"#!/bin/x\n\xe9\n"
    paper.failure(b"FROM base\nRUN <<E\n\xe9\nE\n")
    assert paper.processes[-1].args == (*SHELL, "\ufffd\n")
    paper.failure(b"FROM base\nRUN \xe9\n")
    assert paper.processes[-1].args == (*SHELL, "\ufffd")


def test_variables_are_arguments_below_the_images_own(paper: Paper) -> None:
    process = ran(paper, "ARG A=1\nARG B=2\nENV B=3\nARG C\nRUN x", build_args={"C": "4", "D": "5", "http_proxy": "p"})
    assert {"A=1", "B=3", "C=4", "http_proxy=p"} <= set(process.env)
    assert not any(variable.startswith("D=") for variable in process.env)


def test_the_history_tells_arguments_and_never_a_proxy(paper: Paper) -> None:
    result = paper.build("FROM base\nARG B=2\nARG A=1\nENV B=3\nRUN true\n", build_args={"http_proxy": "secret"})
    assert paper.history(result)[-1] == "RUN |1 A=1 /bin/sh -c true # buildkit"


@pytest.mark.parametrize(
    ("before", "after", "cached"),
    [
        ("RUN true", "RUN true", True),
        ("ARG A=1\nRUN true", "ARG A=2\nRUN true", False),
        ("ENV A=1\nRUN true", "ENV A=2\nRUN true", False),
        ("USER 1\nRUN true", "USER 2\nRUN true", False),
        ("RUN true", "RUN --network=none true", False),
        ("RUN --mount=type=tmpfs,target=/a true", "RUN --mount=type=tmpfs,target=/b true", False),
        ("RUN --mount=type=cache,target=/a true", "RUN --mount=type=cache,target=/a true", True),
        ("LABEL a=1\nRUN true", "LABEL a=2\nRUN true", True),
    ],
)
def test_what_makes_a_difference(paper: Paper, before: str, after: str, cached: bool) -> None:
    paper.build(f"FROM base\n{before}\n")
    paper.build(f"FROM base\n{after}\n")
    assert any(each.startswith("RUN") for each in paper.cached()) is cached


def test_a_bound_file_makes_a_difference_by_its_content(paper: Paper) -> None:
    dockerfile = "FROM base\nRUN --mount=target=/m,source=a true\n"
    for content, cached in (("1", False), ("1", True), ("2", False)):
        paper.write({"a": content})
        paper.build(dockerfile)
        assert bool(paper.cached()) is cached


def test_a_proxy_makes_none(paper: Paper) -> None:
    for proxy in ("a", "b"):
        paper.build("FROM base\nRUN true\n", build_args={"HTTP_PROXY": proxy})
    assert paper.cached() == ["RUN true"]


def test_a_failure_tells_the_code_and_leaves_no_cache(paper: Paper) -> None:
    for _ in range(2):
        message = paper.failure("FROM base\nRUN false\n")
        assert 'process "/bin/sh -c false" did not complete successfully: exit code: 1' in message
