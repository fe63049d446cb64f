"""What the classic builder's clients see."""

import re

import pytest

from tests.build.conftest import Builder

pytestmark = pytest.mark.privileged


def test_the_output_is_what_clients_parse(builder: Builder) -> None:
    builder.write({"Dockerfile": "FROM busybox\nRUN echo hello\nCMD echo done\n"})
    first = builder.build("-t", "one:two")
    lines = first.output.splitlines()
    assert lines[0].startswith("Sending build context") or lines[0] == "Step 1/3 : FROM busybox"
    assert re.search(r"^Step 2/3 : RUN echo hello\n ---> Running in [0-9a-f]{12}\nhello\n", first.output, re.MULTILINE)
    assert f"Successfully built {first.id[7:19]}\nSuccessfully tagged one:two\n" in first.output
    assert builder.run(first) == "done\n"
    second = builder.build("-t", "one:two")
    assert second.id == first.id
    assert "Step 2/3 : RUN echo hello\n ---> Using cache\n" in second.output


def test_a_failing_step_tells_its_code(builder: Builder) -> None:
    builder.write({"Dockerfile": "FROM busybox\nRUN exit 3\n"})
    built = builder.build(check=False)
    assert built.status == 3
    assert "The command '/bin/sh -c exit 3' returned a non-zero code: 3" in built.errors
