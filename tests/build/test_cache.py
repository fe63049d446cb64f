"""What is made again, and what is not."""

import json
import os
from collections.abc import Callable

import pytest

from tests.build.conftest import BUILDX, Builder, Built

pytestmark = pytest.mark.privileged

Build = Callable[..., Built]
CHAIN = "FROM busybox\nCOPY a /a\nRUN cat /proc/sys/kernel/random/uuid > /u\n"


def unique(builder: Builder, built: Built) -> str:
    return builder.run(built, "cat", "/u")


def test_content_counts_and_time_does_not(builder: Builder, build: Build) -> None:
    first = build(CHAIN, a="1")
    os.utime(builder.directory / "a", (1, 1))
    again = builder.build()
    assert again.id == first.id
    assert "CACHED" in again.errors if builder.client == BUILDX else "Using cache" in again.output
    changed = build(CHAIN, a="2")
    assert unique(builder, changed) != unique(builder, first)
    assert unique(builder, build(CHAIN, a="1")) == unique(builder, first)


def test_a_mode_counts(builder: Builder, build: Build) -> None:
    first = build(CHAIN, a="mode")
    (builder.directory / "a").chmod(0o755)
    assert unique(builder, builder.build()) != unique(builder, first)


def test_no_cache_makes_all_anew(builder: Builder, build: Build) -> None:
    first = build(CHAIN, a="3")
    assert unique(builder, build(CHAIN, "--no-cache", a="3")) != unique(builder, first)


def test_arguments_count_where_they_are_declared(builder: Builder, build: Build) -> None:
    dockerfile = "FROM busybox\nRUN cat /proc/sys/kernel/random/uuid > /u\nARG V=0\nRUN cat /proc/sys/kernel/random/uuid >> /u; echo $V >> /u\n"
    one, two = (unique(builder, build(dockerfile, "--build-arg", f"V={v}")).split() for v in "12")
    assert one[0] == two[0]
    assert one[1] != two[1]
    assert (one[2], two[2]) == ("1", "2")
    assert unique(builder, build(dockerfile, "--build-arg", "V=1")).split() == one


def test_metadata_keeps_the_layers_below(builder: Builder, build: Build) -> None:
    first = build(CHAIN, a="4")
    labelled = build(CHAIN + "LABEL x=y\n", "--label", "z=1", a="4")
    assert unique(builder, labelled) == unique(builder, first)


def test_usage_is_shown_and_pruned(builder: Builder, build: Build) -> None:
    built = build(
        "FROM busybox\nRUN --mount=type=cache,target=/c,id=shown head -c 100000 /dev/urandom > /c/x\nRUN head -c 200000 /dev/urandom > /b\n"
    )
    usage = json.loads(builder.daemon.docker("system", "df", "--format", "{{json .}}").stdout.splitlines()[-1])
    assert usage["Type"] == "Build Cache"
    assert int(usage["TotalCount"]) >= (3 if builder.client == BUILDX else 1)
    builder.daemon.docker("image", "rm", "--force", built.id)
    pruned = builder.docker("builder", "prune", "--all", "--force").stdout
    assert "Total" in pruned
    assert ("30" if builder.client == BUILDX else "10") in pruned, pruned
    after = json.loads(builder.daemon.docker("system", "df", "--format", "{{json .}}").stdout.splitlines()[-1])
    assert (int(after["TotalCount"]), after["Size"]) == (0, "0B")
    assert builder.run(build("FROM busybox\nRUN --mount=type=cache,target=/c,id=shown ls /c > /b\n"), "cat", "/b") == ""
