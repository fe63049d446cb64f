"""Dockerfiles as projects write them: each is read and planned, or refused with a reason."""

from pathlib import Path

import pytest

from plugins.builder_dockerfile.language.reading import Dockerfile, read_dockerfile
from plugins.builder_dockerfile.plan import Plan, make_plan
from sdk.errors import BuildFailed

DIRECTORY = Path(__file__).parent / "dockerfiles"

STAGES = {
    "all_mounts": (1, 1),
    "apk_virtual": (1, 1),
    "args_everywhere": (2, 2),
    "byte_order_mark": (1, 1),
    "comments_and_blanks": (1, 1),
    "copy_flags": (2, 2),
    "directives": (1, 1),
    "go_service": (3, 3),
    "health_all_options": (1, 1),
    "health_none": (1, 1),
    "heredoc_files": (1, 1),
    "java_layers": (2, 2),
    "json_forms": (1, 1),
    "labels_of_all_kinds": (1, 1),
    "long_continuation": (1, 1),
    "node_site": (4, 4),
    "numbered_stages": (3, 3),
    "old_style": (1, 1),
    "onbuild_language_stack": (1, 1),
    "php_apache": (1, 1),
    "platforms": (3, 3),
    "python_poetry": (3, 3),
    "rust_workspace": (4, 4),
    "same_name_twice": (3, 2),
    "secrets_and_agents": (1, 1),
    "stage_from_argument": (4, 3),
    "static_files": (1, 1),
    "tabs_and_case": (2, 2),
    "unused_stages": (4, 2),
    "variable_forms": (1, 1),
    "windows_escape": (1, 1),
}
"""How many stages there are, and how many of them the last one needs."""

REFUSED = {
    "refused_unknown_flag": "unknown flag: --color",
    "refused_unknown_word": "unknown instruction: INSTALL",
    "refused_missing_equals": "missing a value on flag: from",
    "refused_bad_substitution": "missing '}'",
    "refused_short_interval": "cannot be less than 1ms",
}


def read(name: str) -> Dockerfile:
    content = (DIRECTORY / f"{name}.Dockerfile").read_bytes()
    return read_dockerfile(content.decode("utf-8", "surrogateescape"), name)


def planned(name: str, **arguments: str) -> Plan:
    platforms = {"BUILDPLATFORM": "linux/amd64", "TARGETPLATFORM": "linux/arm64", "TARGETOS": "linux", "TARGETARCH": "arm64"}
    return make_plan(read(name), "", arguments, platforms, name)


def test_the_classic_builder_needs_every_stage_up_to_its_target_and_a_step_for_each_label() -> None:
    dockerfile = read_dockerfile("FROM a AS one\nRUN x\nFROM b AS two\nENV y=1\nFROM one AS three\nFROM c\n")
    plan = make_plan(dockerfile, "three", {}, {}, "Dockerfile", {"z": "$Z", "a": "1"})
    assert plan.needed == {0, 1, 2}
    assert [each.text for each in plan.stages[2].instructions] == ["LABEL a=1", "LABEL z=$Z"]
    assert sorted(plan.steps.values()) == [1, 2, 3, 4, 5, 6, 7]
    assert make_plan(dockerfile, "three", {}, {}, "Dockerfile").needed == {0, 2}


def needed(plan: Plan) -> set[str]:
    return {plan.stages[index].name for index in plan.needed}


def test_every_dockerfile_has_an_expectation() -> None:
    assert {path.stem for path in DIRECTORY.iterdir()} == STAGES.keys() | REFUSED.keys()


@pytest.mark.parametrize("name", STAGES)
def test_it_is_read_and_planned(name: str) -> None:
    plan = planned(name)
    assert (len(plan.stages), len(plan.needed)) == STAGES[name]


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_for_a_reason(name: str) -> None:
    with pytest.raises(BuildFailed) as refused:
        planned(name)
    assert REFUSED[name] in refused.value.message
    assert refused.value.line


def test_an_argument_chooses_the_stage() -> None:
    assert needed(planned("stage_from_argument")) == {"common", "full", "chosen"}
    assert needed(planned("stage_from_argument", FLAVOUR="slim")) == {"common", "slim", "chosen"}


def test_platforms_and_images_have_their_variables_replaced() -> None:
    go, debian = planned("go_service", GO="1.23"), planned("args_everywhere", TAG="sid")
    assert (go.stages[0].image, str(go.stages[0].platform)) == ("golang:1.23-alpine", "linux/amd64")
    assert debian.stages[0].image == "docker.io/library/debian:sid"
    assert str(planned("platforms").stages[2].platform) == "linux/arm64"
