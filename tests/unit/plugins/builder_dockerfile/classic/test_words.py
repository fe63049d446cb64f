"""The classic builder's own words."""

import pytest

from plugins.builder_dockerfile.classic.words import check_origin, copy_failures, without_process
from plugins.builder_dockerfile.instructions.copy_sources import SourceMissing
from plugins.builder_dockerfile.language.instructions import Copy
from plugins.builder_dockerfile.language.reading import read_dockerfile
from plugins.builder_dockerfile.plan import make_plan
from plugins.builder_dockerfile.state import StageState
from sdk.errors import BuildFailed, NoSuchImage, Unavailable


@pytest.mark.parametrize(("number", "why"), [("1", "refers to current build stage"), ("2", "index out of bounds")])
def test_the_classic_builder_refuses_a_number_of_no_earlier_stage(number: str, why: str) -> None:
    text = f"FROM a\nFROM b\nCOPY --from={number} f f\n"
    with pytest.raises(BuildFailed, match=f"invalid from flag value {number}: {why}"):
        check_origin(make_plan(read_dockerfile(text), "", {}, {}, "Dockerfile", {}), number, 1)


@pytest.mark.parametrize("name", ["0", "a", "-1", "9" * 19, "9" * 5000])
def test_a_number_of_an_earlier_stage_and_a_name_are_let_through(name: str) -> None:
    text = f"FROM a\nFROM b\nCOPY --from={name} f f\n"
    check_origin(make_plan(read_dockerfile(text), "", {}, {}, "Dockerfile", {}), name, 1)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("add", "source", "from_", "sentence"),
    [
        (False, "x", "", "COPY failed: file not found in build context or excluded by .dockerignore: stat x: file does not exist"),
        (
            True,
            "/a/x",
            "",
            "ADD failed: file not found in build context or excluded by .dockerignore: stat a/x: file does not exist",
        ),
        (False, "x", "base", "COPY failed: stat x: file does not exist"),
        (False, "*.x", "", "COPY failed: no source files were specified"),
        (False, "[ab]", "base", "COPY failed: no source files were specified"),
    ],
)
async def test_a_missing_source_is_told_as_the_classic_builder_does(add: bool, source: str, from_: str, sentence: str) -> None:
    with pytest.raises(BuildFailed) as failed:
        async with copy_failures(Copy((source,), "/", add=add), from_):
            raise SourceMissing(source)
    assert failed.value.message == sentence


@pytest.mark.anyio
async def test_an_image_that_cannot_be_had_is_a_wrong_flag_and_other_failures_stay() -> None:
    with pytest.raises(BuildFailed, match="invalid from flag value x: "):
        async with copy_failures(Copy(("a",), "/"), "x"):
            raise NoSuchImage("x")
    with pytest.raises(BuildFailed, match=r"^as it is$"):
        async with copy_failures(Copy(("a",), "/"), "x"):
            raise BuildFailed("as it is")
    with pytest.raises(Unavailable):
        async with copy_failures(Copy(("a",), "/"), ""):
            raise Unavailable("no network")


def test_a_step_that_ran_nothing_is_told_by_its_shell() -> None:
    assert without_process(StageState(), "CMD x") == "/bin/sh -c #(nop) CMD x"
