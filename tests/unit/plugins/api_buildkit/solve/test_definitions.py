"""Results that clients hand on by their definitions."""

import pytest

from plugins.api_buildkit.proto.ops_pb2 import Definition, Op, SourceOp
from plugins.api_buildkit.solve.definitions import built_image, definition_of
from sdk.errors import InvalidArgument


def defined(*encoded: bytes) -> Definition:
    definition = Definition()
    getattr(definition, "def").extend(encoded)
    return definition


def test_a_result_is_found_again_and_every_operation_has_metadata() -> None:
    definition = definition_of("sha256:1")
    assert len(definition.metadata) == len(getattr(definition, "def")) == 2
    assert built_image({"a": definition}, "a") == "sha256:1"


@pytest.mark.parametrize(
    "definition",
    [
        defined(),
        defined(b"\xff\xff\xff"),
        defined(b"\x0a\x7f"),
        defined(Op(source=SourceOp(identifier="docker-image://busybox")).SerializeToString()),
    ],
)
def test_what_is_no_result_of_ours_is_refused(definition: Definition) -> None:
    """Bytes that are no operation were told in Python's words."""
    with pytest.raises(InvalidArgument, match="invalid input a: not the result of a build of this engine"):
        built_image({"a": definition}, "a")


def test_an_input_that_was_not_sent_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="invalid input b"):
        built_image({"a": definition_of("sha256:1")}, "b")
