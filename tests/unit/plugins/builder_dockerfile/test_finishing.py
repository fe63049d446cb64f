"""From the last state to an image: what is in it, and when it is the same."""

import pytest

from sdk.engine.builds import Store
from sdk.oci.descriptor import Platform
from tests.unit.plugins.builder_dockerfile.conftest import Paper

pytestmark = pytest.mark.privileged


def test_the_same_image_written_in_another_order_is_the_same(paper: Paper) -> None:
    one = paper.build(
        "FROM scratch\nLABEL b=1 a=2\nVOLUME /b /a\nEXPOSE 90 80\n", source_date_epoch=1, build_args={"SOURCE_DATE_EPOCH": "1"}
    )
    assert one.config.config is not None
    assert [list(each) for each in (one.config.config.labels, one.config.config.volumes, one.config.config.exposed_ports)] == [
        ["a", "b"],
        ["/a", "/b"],
        ["80/tcp", "90/tcp"],
    ]


def test_an_image_built_again_is_as_old_as_it_was(paper: Paper) -> None:
    dockerfile = "FROM base\nRUN write a b\nENV c=d\n"
    first = paper.build(dockerfile)
    assert paper.build(dockerfile).image_id == first.image_id
    assert all(entry.created == first.config.created for entry in first.config.history if entry.created_by.startswith("ENV"))
    assert paper.build(dockerfile, no_cache=True).config.created != first.config.created


def test_an_epoch_is_every_times(paper: Paper) -> None:
    result = paper.build("FROM scratch\nENV a=b\n", build_args={"SOURCE_DATE_EPOCH": "1700000000"})
    assert {result.config.created, *(entry.created for entry in result.config.history)} == {"2023-11-14T22:13:20Z"}


def test_labels_from_outside_come_last_and_are_not_told_in_the_history(paper: Paper) -> None:
    result = paper.build("FROM scratch\nLABEL a=1 b=2\n", labels={"a": "9", "c": "3"})
    assert result.config.config is not None
    assert result.config.config.labels == {"a": "9", "b": "2", "c": "3"}
    assert paper.history(result) == ["LABEL a=1 b=2"]


@pytest.mark.parametrize(
    ("from_", "platform", "shown"),
    [
        ("scratch", Platform("arm64", "linux", "v8"), ("arm64", "v8")),
        ("--platform=linux/arm/v7 scratch", Platform("arm64"), ("arm", "v7")),
    ],
)
def test_an_image_is_of_its_platform(paper: Paper, from_: str, platform: Platform, shown: tuple[str, str]) -> None:
    config = paper.build(f"FROM {from_}\nENV a=b\n", platform=platform).config
    assert (config.architecture, config.variant) == shown


def test_a_build_that_fills_the_cache_alone_stores_nothing(paper: Paper) -> None:
    result = paper.build("FROM scratch\nENV a=b\n", store=Store.NOTHING, tags=("x:1",))
    assert (result.image_id, result.descriptor, paper.engine.stored, paper.engine.names) == ("", None, {}, {})
    assert result.config.config is not None
    assert "a=b" in result.config.config.env


def test_names_are_those_that_people_type(paper: Paper) -> None:
    result = paper.build("FROM scratch\nENV a=b\n", tags=("docker.io/library/x", "r.example/y:2"))
    assert result.names == ("x:latest", "r.example/y:2")
