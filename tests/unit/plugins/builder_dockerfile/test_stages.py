"""Stages: which are made, in what order they wait, what is told of them."""

import pytest

from sdk.engine.build_events import Vertex
from sdk.engine.builds import NamedContext
from sdk.errors import BuildFailed
from tests.unit.plugins.builder_dockerfile.conftest import Paper

pytestmark = pytest.mark.privileged


def vertices(paper: Paper) -> list[Vertex]:
    """Return the steps that displays show, as they were told last, in their order."""
    last = {event.digest: event for event in paper.events if isinstance(event, Vertex)}
    return [event for event in last.values() if event.name.startswith("[") and "internal" not in event.name]


def test_only_what_the_target_needs_is_made(paper: Paper) -> None:
    dockerfile = (
        "FROM base AS a\nRUN write a 1\nFROM base AS b\nRUN false\nFROM base AS c\nCOPY --from=a /a /b\nFROM c\nRUN false\n"
    )
    assert set(paper.files(dockerfile, target="c")) == {"etc/passwd", "b"}
    assert [vertex.name for vertex in vertices(paper) if vertex.name.startswith("[b")] == []
    assert "target stage" in paper.failure(dockerfile, target="none")


def test_steps_are_numbered_within_their_stage(paper: Paper) -> None:
    paper.write({"f": "f"})
    paper.build("FROM base AS one\nENV a=b\nRUN true\nFROM one\nWORKDIR /w\nCOPY f .\nLABEL x=y\n")
    assert sorted(vertex.name for vertex in vertices(paper)) == [
        "[one 1/2] FROM base",
        "[one 2/2] RUN true",
        "[stage-1 1/3] FROM one",
        "[stage-1 2/3] WORKDIR /w",
        "[stage-1 3/3] COPY f .",
    ]
    paper.build("FROM base\nRUN true\n")
    assert [vertex.name for vertex in vertices(paper)] == ["[1/2] FROM base", "[2/2] RUN true"]


def test_a_stage_goes_on_from_another_but_not_from_its_arguments(paper: Paper) -> None:
    result = paper.build("ARG G=1\nFROM base AS one\nARG G\nARG A=2\nENV E=$G$A\nFROM one\nARG A\nENV F=x$A\n")
    assert result.config.config is not None
    assert [each for each in result.config.config.env if each[0] in "EF"] == ["E=12", "F=x2"]


def test_triggers_run_after_from_and_are_gone(paper: Paper) -> None:
    paper.write({"f": "f"})
    base = paper.build("FROM base\nONBUILD COPY f /g\nONBUILD LABEL t=1\n")
    image = paper.engine.known(base.image_id)
    assert image is not None
    paper.engine.images["triggers"] = image
    result = paper.build("FROM triggers\nLABEL u=2\n")
    assert result.config.config is not None
    assert (result.config.config.on_build, result.config.config.labels) == ((), {"t": "1", "u": "2"})
    assert (paper.engine.tree(paper.engine.stored[result.image_id].stack) / "g").read_text() == "f"


def test_a_failure_names_file_and_line(paper: Paper) -> None:
    for dockerfile, line in (
        ("FROM base\n\nRUN false\n", 3),
        ("FROM base AS a\nRUN false\nFROM base\nCOPY --from=a / /\n", 2),
        ("FROM base\nCOPY none /\n", 2),
        ("FROM base\nEXPOSE x\n", 2),
        ("FROM base\nENV a=${\n", 2),
    ):
        with pytest.raises(BuildFailed) as failed:
            paper.build(dockerfile)
        assert (failed.value.file, failed.value.line) == ("Dockerfile", line)
        assert failed.value.vertex or "parse" in failed.value.message


def test_an_image_that_is_not_there_is_told(paper: Paper) -> None:
    assert "missing" in paper.failure("FROM missing\n")
    assert "missing" in paper.failure("FROM base\nCOPY --from=missing / /\n")


def test_a_named_context_takes_the_place_of_an_image_and_of_a_stage(paper: Paper, tmp_path) -> None:
    (tmp_path / "named").mkdir()
    (tmp_path / "named/f").write_text("named")
    directory, image = NamedContext(tmp_path / "named"), NamedContext(image="base")
    assert paper.files("FROM scratch AS s\nFROM scratch\nCOPY --from=s f /g\n", named_contexts={"s": directory}) == {"g": "named"}
    assert set(paper.files("FROM other\nLABEL a=b\nRUN write x y\n", named_contexts={"other": image})) == {"etc/passwd", "x"}
    assert "context other is a directory: FROM needs an image" in paper.failure("FROM other\n", named_contexts={"other": directory})


@pytest.mark.parametrize(
    ("request_", "anew"),
    [
        ({}, []),
        ({"no_cache": True}, ["RUN write a 1", "RUN write b 2"]),
        ({"no_cache_stages": ("one",)}, ["RUN write a 1"]),
        ({"no_cache_stages": ("1",)}, ["RUN write b 2"]),
    ],
)
def test_stages_are_made_anew_where_that_is_wanted(paper: Paper, request_: dict[str, object], anew: list[str]) -> None:
    dockerfile = "FROM base AS one\nRUN write a 1\nFROM base\nRUN write b 2\nCOPY --from=one /a /c\n"
    paper.build(dockerfile)
    paper.build(dockerfile, **request_)
    made = {event.instruction for event in vertices(paper) if event.instruction.startswith("RUN") and not event.cached}
    assert sorted(made) == anew


def test_a_working_directory_that_is_there_makes_no_layer(paper: Paper) -> None:
    result = paper.build("FROM base\nWORKDIR /etc\nWORKDIR new\n")
    assert [entry.empty_layer for entry in result.config.history] == [True, False]
    assert result.config.config is not None
    assert result.config.config.working_dir == "/etc/new"
