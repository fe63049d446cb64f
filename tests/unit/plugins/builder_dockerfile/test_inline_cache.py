"""Caches that travel with images: what a manifest tells, and what strangers' manifests may tell."""

import json
from dataclasses import replace

import pytest

from plugins.builder_dockerfile.inline_cache import OTHERS_ANNOTATION, STEPS_ANNOTATION
from sdk.engine.builds import CacheExport, CacheImport
from tests.unit.plugins.builder_dockerfile.conftest import Paper

pytestmark = pytest.mark.privileged

DOCKERFILE = "FROM base\nRUN write a b\nRUN true\n"


@pytest.fixture
def annotations(paper: Paper, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """Return what the images that were stored had on their manifests."""
    noted: list[dict[str, str]] = []
    keep = type(paper.engine).keep

    async def keeping(engine, image):
        noted.append(dict(image.annotations))
        return await keep(engine, image)

    monkeypatch.setattr(type(paper.engine), "keep", keeping)
    return noted


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ({}, False),
        ({"build_args": {"BUILDKIT_INLINE_CACHE": "1"}}, True),
        ({"build_args": {"BUILDKIT_INLINE_CACHE": "0"}}, False),
        ({"cache_to": (CacheExport("inline"),)}, True),
        ({"cache_to": (CacheExport("registry", "r/a"),)}, True),
        ({"cache_to": (CacheExport("local", "/d"),)}, True),
    ],
)
def test_steps_are_told_where_that_is_wanted(
    paper: Paper, annotations: list[dict[str, str]], request_: dict[str, object], told: bool
) -> None:
    paper.build(DOCKERFILE, **request_)
    assert (STEPS_ANNOTATION in annotations[-1]) is told
    if told:
        assert [count for _, count in json.loads(annotations[-1][STEPS_ANNOTATION])] == [2, 2]


def test_another_engine_takes_the_steps_over(paper: Paper, annotations: list[dict[str, str]]) -> None:
    result = paper.build(DOCKERFILE, cache_to=(CacheExport("inline"),))
    image = paper.engine.known(result.image_id)
    assert image is not None
    paper.engine.images["cache"] = replace(image, name="cache", annotations=annotations[-1])
    paper.engine.cache.steps.clear()
    again = paper.build(
        DOCKERFILE, cache_from=(CacheImport("registry", "cache"), CacheImport("registry", "gone"), CacheImport("local"))
    )
    assert paper.cached() == ["RUN write a b", "RUN true"]
    assert again.config.rootfs == result.config.rootfs


def test_other_stages_lie_beside_an_image(paper: Paper, annotations: list[dict[str, str]]) -> None:
    dockerfile = "FROM base AS one\nRUN write x y\nFROM base\nCOPY --from=one /x /z\n"
    result = paper.build(dockerfile, cache_to=(CacheExport("registry", "r/a", mode="max"),))
    assert len(result.caches) == 1
    assert OTHERS_ANNOTATION not in annotations[0]
    assert annotations[-1][OTHERS_ANNOTATION] == "1"
    assert paper.build(dockerfile, cache_to=(CacheExport("registry", "r/a"),)).caches == ()


@pytest.mark.parametrize(
    "steps",
    [
        "",
        "{",
        "null",
        "5",
        "[5]",
        '[["a"]]',
        '[["a", 1, 2]]',
        '[[1, "a"]]',
        '[["a", 0]]',
        '[["a", -1]]',
        '[["a", 99]]',
        '[["a", 1e400]]',
        '[["a", NaN]]',
        f'[["a", {"9" * 5000}]]',
        "[" * 100_000,
        '[["a", ' + "[" * 100_000,
    ],
)
def test_steps_that_are_none_tell_nothing(paper: Paper, steps: str) -> None:
    """A manifest whose annotation is nested deeply ended every build that named it, in Python's words."""
    paper.engine.images["cache"] = replace(paper.engine.images["base"], annotations={STEPS_ANNOTATION: steps})
    paper.build(DOCKERFILE, cache_from=(CacheImport("registry", "cache"),))
    assert paper.cached() == []
    assert "a" not in paper.engine.cache.steps


@pytest.mark.parametrize(
    ("others", "asked"), [("2", 2), ("0", 0), ("-1", 0), ("many", 0), ("", 0), ("9" * 5000, 0), ("1000000", 64)]
)
def test_so_many_images_beside_it_are_asked_for(paper: Paper, monkeypatch: pytest.MonkeyPatch, others: str, asked: int) -> None:
    paper.engine.images["cache"] = replace(paper.engine.images["base"], annotations={OTHERS_ANNOTATION: others})
    names: list[str] = []
    image = type(paper.engine).image

    async def asking(engine, reference, platform, **how):
        names.append(reference)
        return await image(engine, reference, platform, **how)

    monkeypatch.setattr(type(paper.engine), "image", asking)
    paper.build(DOCKERFILE, cache_from=(CacheImport("registry", "cache"),))
    assert [name for name in names if "-cache-" in name] == [f"cache:latest-cache-{number}" for number in range(1, asked + 1)]
