"""What a `from` may name."""

import pytest

from plugins.builder_dockerfile.language.reading import read_dockerfile
from plugins.builder_dockerfile.plan import make_plan
from sdk.errors import BuildFailed

SOURCES = {
    "FROM a AS x\nCOPY --from=0 f f\n": "circular dependency detected on stage: x",
    "FROM a\nCOPY --from=0 f f\n": "circular dependency detected on stage: stage-0",
    "FROM a AS x\nCOPY --from=X f f\n": "circular dependency detected on stage: x",
    "FROM a AS x\nCOPY --from=y f f\nFROM b AS y\nCOPY --from=0 f f\n": "circular dependency detected on stage: x",
    "FROM a AS x\nRUN --mount=from=x,target=/m true\n": "circular dependency detected on stage: x",
    "FROM a AS x\nCOPY --from=1 f f\n": "invalid stage index 1",
    "FROM a AS x\nCOPY --from=-1 f f\n": "invalid stage index -1",
    "FROM a\nCOPY --from=7 f f\nFROM b\n": "invalid stage index 7",
    "FROM a AS x\nCOPY --from=y f f\nFROM b AS y\nFROM x\n": (
        'cannot copy from stage "y", it needs to be defined before current stage "x"'
    ),
    "FROM a\nCOPY --from=1 f f\nFROM b\nFROM a\nCOPY --from=0 f f\n": (
        'cannot copy from stage "1", it needs to be defined before current stage "stage-0"'
    ),
    "FROM a AS x\nRUN --mount=from=y,target=/m true\nFROM b AS y\nFROM x\n": (
        'cannot mount from stage "y" to "/m", stage needs to be defined before current command'
    ),
    "ARG which=x\nFROM a AS x\nFROM b\nARG which\nCOPY --from=$which f f\n": "variable expansion is not supported for --from",
}
"""What BuildKit says of a `from` that names no stage before."""


@pytest.mark.parametrize(("text", "sentence"), SOURCES.items())
def test_a_stage_copies_from_stages_before_it_only(text: str, sentence: str) -> None:
    with pytest.raises(BuildFailed) as refused:
        make_plan(read_dockerfile(text), "", {}, {}, "Dockerfile")
    assert sentence in refused.value.message
    assert text.splitlines()[refused.value.line - 1].startswith(("COPY", "RUN"))
    make_plan(read_dockerfile(text), "", {}, {}, "Dockerfile", {})


def test_a_later_stage_is_no_trouble_where_it_is_not_needed_and_numbers_of_mounts_are_images() -> None:
    unneeded = "FROM a AS x\nCOPY --from=y f f\nFROM b AS y\n"
    assert make_plan(read_dockerfile(unneeded), "", {}, {}, "Dockerfile").needed == {1}
    make_plan(read_dockerfile("FROM a\nRUN --mount=from=0,target=/m true\n"), "", {}, {}, "Dockerfile")


@pytest.mark.parametrize("name", ["9" * 19, "9" * 5000, "-" + "9" * 5000])
def test_a_number_that_go_does_not_read_is_a_name(name: str) -> None:
    text = f"FROM a\nFROM b\nCOPY --from={name} f f\n"
    assert make_plan(read_dockerfile(text), "", {}, {}, "Dockerfile").needed == {1}
