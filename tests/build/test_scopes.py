"""Arguments and variables: where they hold, and what they turn into."""

from collections.abc import Callable

import pytest

from tests.build.conftest import CLASSIC, Builder, Built

pytestmark = pytest.mark.privileged

Build = Callable[..., Built]


def test_arguments_before_from_hold_only_when_named_again(builder: Builder, build: Build) -> None:
    built = build(
        'ARG A=global\nARG B=${A}-b\nFROM busybox AS one\nRUN echo "[$A]" > /r\nARG A\nARG B\nRUN echo "[$A] [$B]" >> /r\n'
        'FROM busybox AS two\nARG A=own\nRUN echo "[$A] [$B]" > /s\nFROM one\nRUN echo "[$A]" >> /r\nCOPY --from=two /s /s\n'
    )
    inherited = "[]" if builder.client == CLASSIC else "[global]"
    assert builder.run(built, "cat", "/r", "/s").splitlines() == ["[]", "[global] [global-b]", inherited, "[own] []"]


def test_env_wins_over_arg_and_forms_expand(builder: Builder, build: Build) -> None:
    built = build(
        "FROM busybox\nARG A=arg\nENV A=env\nENV SELF=$A NEXT=$SELF\nARG EMPTY=\n"
        "ENV ONE=${EMPTY:-one} TWO=${EMPTY-two} THREE=${A:+three} FOUR=${A#e} FIVE=${A%v} SIX=${A/n/x} ESC=\\$A QUOTED='$A' DOUBLE=\"$A b\"\n"
        "RUN env | grep -E '^(A|SELF|NEXT|ONE|TWO|THREE|FOUR|FIVE|SIX|ESC|QUOTED|DOUBLE)=' | sort > /r\n",
        "--build-arg",
        "A=outside",
    )
    assert builder.run(built, "cat", "/r").splitlines() == [
        "A=env", "DOUBLE=env b", "ESC=$A", "FIVE=en", "FOUR=nv", "NEXT=", "ONE=one", "QUOTED=$A", "SELF=env", "SIX=exv",
        "THREE=three", "TWO=",
    ]  # fmt: skip


def test_platform_arguments_are_there(builder: Builder, build: Build) -> None:
    built = build(
        "FROM --platform=$BUILDPLATFORM busybox\nARG TARGETARCH TARGETOS\nARG TARGETPLATFORM\nRUN echo $TARGETPLATFORM $TARGETOS/$TARGETARCH > /r\n"
    )
    whole, parts = builder.run(built, "cat", "/r").split()
    assert whole == parts
    assert whole.startswith("linux/")


def test_an_argument_nobody_declares_warns(builder: Builder, build: Build) -> None:
    built = build("FROM busybox\nRUN true\n", "--build-arg", "NOBODY=1")
    assert "NOBODY" in built.output + built.errors


def test_proxies_are_used_and_not_kept(builder: Builder, build: Build) -> None:
    built = build("FROM busybox\nRUN echo $http_proxy > /r\n", "--build-arg", "http_proxy=http://p:1")
    assert builder.run(built, "cat", "/r") == "http://p:1\n"
    assert "p:1" not in str(builder.inspect(built))


def test_heredocs_with_and_without_expansion(builder: Builder, build: Build) -> None:
    built = build(
        '# syntax=docker/dockerfile:1\nFROM busybox\nENV V=value\nCOPY <<plain <<-"quoted" /d/\n$V\nplain\n\t$V\n\tquoted\nRUN <<EOF cat > /r\n'
        "from stdin $V\nEOF\nRUN <<A <<B sh -c 'cat; echo end' > /s\na\nA\nb\nB\nCOPY --chmod=755 <<-EOF /script\n\t#!/bin/sh\n\techo ran\n\tEOF\nRUN /script >> /r\n"
    )
    assert builder.run(built, "cat", "/d/plain", "/d/quoted", "/r").splitlines() == ["value", "$V", "from stdin value", "ran"]


def test_the_escape_directive(builder: Builder, build: Build) -> None:
    built = build("# escape=`\nFROM busybox\nRUN echo one `\n  # a comment\n\n  two > /r\nENV A=a\\b\nRUN echo $A >> /r\n")
    assert builder.run(built, "cat", "/r").splitlines()[0] == "one two"


def test_a_shell_runs_what_follows_it(builder: Builder, build: Build) -> None:
    built = build(
        'FROM busybox\nSHELL ["/bin/sh", "-ec"]\nRUN false || echo e > /r; echo $- >> /r\nRUN ["/bin/sh", "-c", "echo exec >> /r"]\nCMD x y\n'
    )
    assert "e" in builder.run(built, "cat", "/r").splitlines()[1]
    assert builder.inspect(built)["Config"]["Cmd"] == ["/bin/sh", "-ec", "x y"]


def test_a_user_and_a_directory_hold_for_commands(builder: Builder, build: Build) -> None:
    built = build(
        "FROM busybox\nRUN mkdir /w && chown 33:33 /w\nUSER 33:33\nWORKDIR /w/sub\nWORKDIR ..\nRUN id -u > r; pwd >> r\nCOPY a copied\nRUN stat -c %u copied >> r\n",
        a="",
    )
    assert builder.run(built, "cat", "/w/r").split() == ["33", "/w", "0"]
