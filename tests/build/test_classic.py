"""What the classic builder's clients see."""

import re

import pytest

from tests.build.conftest import Builder

pytestmark = pytest.mark.privileged


def test_the_output_is_what_clients_parse(classic: Builder) -> None:
    classic.write({"Dockerfile": "FROM busybox\nRUN echo hello\nCMD echo done\n"})
    first = classic.build("-t", "one:two")
    lines = first.output.splitlines()
    assert lines[0].startswith("Sending build context") or lines[0] == "Step 1/3 : FROM busybox"
    assert re.search(r"^Step 2/3 : RUN echo hello\n ---> Running in [0-9a-f]{12}\nhello\n", first.output, re.MULTILINE)
    assert f"Successfully built {first.id[7:19]}\nSuccessfully tagged one:two\n" in first.output
    assert classic.run(first) == "done\n"
    second = classic.build("-t", "one:two")
    assert second.id == first.id
    assert "Step 2/3 : RUN echo hello\n ---> Using cache\n" in second.output


def test_a_failing_step_tells_its_code(classic: Builder) -> None:
    classic.write({"Dockerfile": "FROM busybox\nRUN exit 3\n"})
    built = classic.build(check=False)
    assert built.status == 3
    assert "The command '/bin/sh -c exit 3' returned a non-zero code: 3" in built.errors


def test_steps_are_told_in_the_order_of_the_dockerfile(classic: Builder) -> None:
    classic.write(
        {
            "Dockerfile": "ARG base=busybox\nFROM $base AS one\nRUN true\nFROM busybox AS aside\nRUN true\nFROM one\nRUN echo 2\nFROM broken\n"
        }
    )
    built = classic.build("--target", "2")
    assert re.findall(r"Step \d/\d : .*", built.output) == [
        "Step 1/7 : ARG base=busybox",
        "Step 2/7 : FROM $base AS one",
        "Step 3/7 : RUN true",
        "Step 4/7 : FROM busybox AS aside",
        "Step 5/7 : RUN true",
        "Step 6/7 : FROM one",
        "Step 7/7 : RUN echo 2",
    ]
    assert built.output.count(" ---> Using cache") == 1


def test_the_same_inputs_have_the_same_id(classic: Builder) -> None:
    classic.write({"Dockerfile": "FROM busybox\nARG SOURCE_DATE_EPOCH\nRUN date > /dev/null; touch /a\nCOPY a /b/\n", "a": "A"})
    first, second = (classic.build("--no-cache", "--build-arg", "SOURCE_DATE_EPOCH=1700000000") for _ in range(2))
    assert first.id == second.id
    assert str(classic.inspect(first)["Created"]).startswith("2023-11-14T22:13:20")


def test_what_a_step_says_on_its_standard_error_is_red(classic: Builder) -> None:
    classic.write({"Dockerfile": "FROM busybox\nRUN echo fine; sleep 0.1; echo alarm >&2\n"})
    built = classic.build("--no-cache")
    assert "\nfine\n" in built.output
    assert "\x1b[91malarm\n\x1b[0m" in built.output + built.errors


def test_steps_that_change_the_configuration_alone_are_cached_too(classic: Builder) -> None:
    classic.write({"Dockerfile": "FROM busybox\nARG cached=alone\nENV A=$cached\nLABEL b=c\n"})
    assert "Using cache" not in classic.build().output
    assert classic.build().output.count(" ---> Using cache\n") == 3
    assert "Using cache" not in classic.build("--no-cache").output


def test_sources_of_cache_that_are_named_are_the_only_ones(classic: Builder) -> None:
    classic.write({"Dockerfile": "FROM busybox\nENV A=sources\nRUN echo sources > /a\nRUN echo more > /b\n"})
    classic.build("--tag", "source:1")
    assert classic.build("--cache-from", "source:1").output.count(" ---> Using cache\n") == 3
    assert "Using cache" not in classic.build("--cache-from", "nosuchimage").output
