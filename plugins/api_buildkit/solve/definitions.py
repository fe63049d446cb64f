"""Results as clients hand them from one build to the next: a graph of one source that names an image of ours."""

from collections.abc import Mapping

from google.protobuf.message import DecodeError

from plugins.api_buildkit.proto.ops_pb2 import Definition, Input, Op, OpMetadata, SourceOp
from sdk.errors import InvalidArgument
from sdk.oci.digest import digest_of

_SCHEME = "built-image://"


def definition_of(image_id: str) -> Definition:
    """Return a definition whose result is an image of the store. Clients check that every operation has metadata."""
    source = Op(source=SourceOp(identifier=_SCHEME + image_id)).SerializeToString(deterministic=True)
    end = Op(inputs=[Input(digest=digest_of(source))]).SerializeToString(deterministic=True)
    metadata = {str(digest_of(encoded)): OpMetadata(description={"image": image_id}) for encoded in (source, end)}
    definition = Definition(metadata=metadata)
    getattr(definition, "def").extend((source, end))  # a keyword of Python
    return definition


def built_image(definitions: Mapping[str, Definition], name: str) -> str:
    """Return the ID of the image that a definition of ours names. Raises InvalidArgument."""
    if name in definitions:
        for encoded in getattr(definitions[name], "def"):
            identifier = _source(encoded)
            if identifier.startswith(_SCHEME):
                return identifier.removeprefix(_SCHEME)
    raise InvalidArgument(f"invalid input {name}: not the result of a build of this engine")


def _source(encoded: bytes) -> str:
    """Return what an operation is made from; "" for what is none."""
    try:
        return Op.FromString(encoded).source.identifier
    except DecodeError:
        return ""
